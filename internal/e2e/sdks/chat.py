"""The openai SDK, changed only in its base URL, does what applications do. Prints one JSON object of what it saw."""

import json
import os

import openai

client = openai.OpenAI(base_url=os.environ["BASE_URL"], api_key="not-used", max_retries=0)
HELLO = [{"role": "user", "content": "Hello!"}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
seen = {}

raw = client.chat.completions.with_raw_response.create(model="auto", messages=HELLO)
chat = raw.parse()
seen["model_header"] = raw.headers["x-llmroute-model"]
seen["chat"] = chat.choices[0].message.content
seen["usage"] = chat.usage.total_tokens

text, usage = "", None
for chunk in client.chat.completions.create(model="auto", messages=HELLO, stream=True, stream_options={"include_usage": True}):
    if chunk.choices:
        text += chunk.choices[0].delta.content or ""
    usage = chunk.usage or usage
seen["stream"], seen["stream_usage"] = text, usage.total_tokens

asked = [{"role": "user", "content": "What is the weather in Paris?"}]
call = client.chat.completions.create(model="auto", messages=asked, tools=[WEATHER], tool_choice="required").choices[0]
seen["finish"], seen["tool"] = call.finish_reason, call.message.tool_calls[0].function.name
json.loads(call.message.tool_calls[0].function.arguments)
asked += [call.message, {"role": "tool", "tool_call_id": call.message.tool_calls[0].id, "content": "21 degrees"}]
seen["tool_answer"] = client.chat.completions.create(model="auto", messages=asked, tools=[WEATHER]).choices[0].message.content

seen["embedding"] = len(client.embeddings.create(model="embed", input=["a", "b"], dimensions=8).data[1].embedding)
seen["response"] = client.responses.create(model="auto", input="Hello!").output_text
with client.responses.stream(model="auto", input="Hello!") as events:
    seen["response_stream"] = events.get_final_response().output_text
seen["completion"] = client.completions.create(model="auto", prompt="Hello!").choices[0].text
seen["models"] = [m.id for m in client.models.list()]
seen["model"] = client.models.retrieve("fast").id
try:
    client.chat.completions.create(model="nonesuch", messages=HELLO)
except openai.NotFoundError as e:
    seen["error"] = e.code
try:
    client.chat.completions.create(model="secret", messages=HELLO, extra_headers={"x-team": "interns"})
except openai.PermissionDeniedError as e:
    seen["denied"] = e.code
print(json.dumps(seen))
