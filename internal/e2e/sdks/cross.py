"""The SDKs of three providers, changed only in their base URL, each against models of every provider. Prints one JSON
object: what each SDK saw of each model."""

import base64
import json
import os
from concurrent.futures import ThreadPoolExecutor

import anthropic
import openai
from google import genai
from google.genai import errors, types

BASE = os.environ["BASE_URL"]
PNG = os.environ["PNG"]
PARAMS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
ASK = "What is the weather in both Paris and London?"
RESULT = "21 degrees"
BROKEN = {"x-demo": "error-in-stream=2; chunk-delay=20ms"}
LIMITED = {"x-demo": "error=rate-limit; retry-after=7"}


def name_of(call):
    try:
        call()
    except Exception as e:  # the name is what is looked at
        return type(e).__name__, str(getattr(e, "status_code", getattr(e, "code", "")))
    return "none", ""


def chat(model):
    client = openai.OpenAI(base_url=BASE + "/v1", api_key="not-used", max_retries=0)
    create = client.chat.completions.create
    hello = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hello!"}]
    tools = [{"type": "function", "function": {"name": "get_weather", "parameters": PARAMS}}]
    seen = {}
    whole = create(model=model, messages=hello)
    seen["text"], seen["usage"] = whole.choices[0].message.content, whole.usage.total_tokens
    with client.chat.completions.stream(model=model, messages=hello) as stream:
        seen["stream"] = stream.get_final_completion().choices[0].message.content
    talk = [{"role": "user", "content": ASK}]
    with client.chat.completions.stream(model=model, messages=talk, tools=tools) as stream:
        message = stream.get_final_completion().choices[0].message
    seen["calls"] = [[c.function.name, json.loads(c.function.arguments)] for c in message.tool_calls]
    talk.append(message)
    talk += [{"role": "tool", "tool_call_id": c.id, "content": RESULT} for c in message.tool_calls]
    seen["answer"] = create(model=model, messages=talk, tools=tools).choices[0].message.content
    picture = [{"type": "text", "text": "Look!"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64," + PNG}}]
    seen["image"] = create(model=model, messages=[{"role": "user", "content": picture}]).choices[0].message.content
    seen["limited"] = name_of(lambda: create(model=model, messages=hello, extra_headers=LIMITED))
    seen["unknown"] = name_of(lambda: create(model="nonesuch", messages=hello))
    seen["broken"] = name_of(lambda: list(create(model=model, messages=hello, stream=True, extra_headers=BROKEN)))
    return seen


def responses(model):
    client = openai.OpenAI(base_url=BASE + "/v1", api_key="not-used", max_retries=0)
    create = client.responses.create
    tools = [{"type": "function", "name": "get_weather", "parameters": PARAMS, "strict": False}]
    seen = {}
    whole = create(model=model, instructions="Be kind.", input="Hello!")
    seen["text"], seen["usage"] = whole.output_text, whole.usage.total_tokens
    with client.responses.stream(model=model, instructions="Be kind.", input="Hello!") as stream:
        seen["stream"] = stream.get_final_response().output_text
    talk = [{"role": "user", "content": ASK}]
    with client.responses.stream(model=model, input=talk, tools=tools) as stream:
        output = stream.get_final_response().output
    calls = [item for item in output if item.type == "function_call"]
    seen["calls"] = [[c.name, json.loads(c.arguments)] for c in calls]
    talk += [item.model_dump(exclude={"parsed_arguments", "status"}, exclude_none=True) for item in output]
    talk += [{"type": "function_call_output", "call_id": c.call_id, "output": RESULT} for c in calls]
    seen["answer"] = create(model=model, input=talk, tools=tools).output_text
    picture = [{"type": "input_text", "text": "Look!"}, {"type": "input_image", "image_url": "data:image/png;base64," + PNG}]
    seen["image"] = create(model=model, input=[{"role": "user", "content": picture}]).output_text
    seen["limited"] = name_of(lambda: create(model=model, input="Hello!", extra_headers=LIMITED))
    seen["unknown"] = name_of(lambda: create(model="nonesuch", input="Hello!"))

    def broken():
        for event in create(model=model, input="Hello!", stream=True, extra_headers=BROKEN):
            if event.type in ("response.failed", "error"):  # which the SDK leaves to the application
                raise openai.APIError(event.type, request=None, body=None)

    seen["broken"] = name_of(broken)
    return seen


def messages(model):
    client = anthropic.Anthropic(base_url=BASE, api_key="not-used", max_retries=0)
    create = client.messages.create
    ask = {"model": model, "max_tokens": 4096}
    hello = [{"role": "user", "content": "Hello!"}]
    tools = [{"name": "get_weather", "input_schema": PARAMS}]
    seen = {}
    whole = create(system="Be kind.", messages=hello, **ask)
    seen["text"], seen["usage"] = whole.content[0].text, whole.usage.input_tokens + whole.usage.output_tokens
    with client.messages.stream(system="Be kind.", messages=hello, **ask) as stream:
        seen["stream"] = stream.get_final_text()
    talk = [{"role": "user", "content": ASK}]
    with client.messages.stream(messages=talk, tools=tools, **ask) as stream:
        content = stream.get_final_message().content
    calls = [b for b in content if b.type == "tool_use"]
    seen["calls"] = [[c.name, c.input] for c in calls]
    talk.append({"role": "assistant", "content": content})
    talk.append({"role": "user", "content": [{"type": "tool_result", "tool_use_id": c.id, "content": RESULT} for c in calls]})
    seen["answer"] = create(messages=talk, tools=tools, **ask).content[0].text
    source = {"type": "base64", "media_type": "image/png", "data": PNG}
    picture = [{"type": "text", "text": "Look!"}, {"type": "image", "source": source}]
    seen["image"] = create(messages=[{"role": "user", "content": picture}], **ask).content[0].text
    seen["limited"] = name_of(lambda: create(messages=hello, extra_headers=LIMITED, **ask))
    seen["unknown"] = name_of(lambda: create(messages=hello, model="nonesuch", max_tokens=9))
    seen["broken"] = name_of(lambda: list(create(messages=hello, stream=True, extra_headers=BROKEN, **ask)))
    seen["counted"] = client.messages.count_tokens(model=model, messages=hello).input_tokens
    return seen


def generate(model):
    def client(headers=None):
        return genai.Client(api_key="not-used", http_options=types.HttpOptions(base_url=BASE, headers=headers))

    plain = client()
    kind = types.GenerateContentConfig(system_instruction="Be kind.")
    declared = types.FunctionDeclaration(name="get_weather", parameters_json_schema=PARAMS)
    manual = types.AutomaticFunctionCallingConfig(disable=True)
    tools = types.GenerateContentConfig(tools=[types.Tool(function_declarations=[declared])], automatic_function_calling=manual)
    seen = {}
    whole = plain.models.generate_content(model=model, contents="Hello!", config=kind)
    seen["text"], seen["usage"] = whole.text, whole.usage_metadata.total_token_count
    chunks = plain.models.generate_content_stream(model=model, contents="Hello!", config=kind)
    seen["stream"] = "".join(c.text or "" for c in chunks)
    talk = [types.Content(role="user", parts=[types.Part(text=ASK)])]
    parts = []
    for c in plain.models.generate_content_stream(model=model, contents=talk, config=tools):
        parts += (c.candidates[0].content.parts or []) if c.candidates and c.candidates[0].content else []
    parts = [p for p in parts if p.function_call or p.text]
    calls = [p.function_call for p in parts if p.function_call]
    seen["calls"] = [[c.name, c.args] for c in calls]
    talk.append(types.Content(role="model", parts=parts))
    results = [types.FunctionResponse(id=c.id, name=c.name, response={"result": RESULT}) for c in calls]
    talk.append(types.Content(role="user", parts=[types.Part(function_response=r) for r in results]))
    seen["answer"] = plain.models.generate_content(model=model, contents=talk, config=tools).text
    picture = types.Part.from_bytes(data=base64.b64decode(PNG), mime_type="image/png")
    seen["image"] = plain.models.generate_content(model=model, contents=["Look!", picture]).text
    limited, broken = client(LIMITED), client(BROKEN)
    seen["limited"] = name_of(lambda: limited.models.generate_content(model=model, contents="Hello!"))
    seen["unknown"] = name_of(lambda: plain.models.generate_content(model="nonesuch", contents="Hello!"))
    seen["broken"] = name_of(lambda: list(broken.models.generate_content_stream(model=model, contents="Hello!")))
    assert issubclass(errors.ClientError, errors.APIError)
    return seen


jobs = {(f.__name__, m): (f, m) for f in (chat, responses, messages, generate) for m in os.environ["MODELS"].split(",")}


def run(job):
    try:
        return job[0](job[1])
    except Exception as e:
        return {"failed": f"{type(e).__name__}: {e}"}


with ThreadPoolExecutor(4) as pool:
    done = dict(zip(jobs, pool.map(run, jobs.values())))
print(json.dumps({f"{sdk} {model}": seen for (sdk, model), seen in done.items()}))
