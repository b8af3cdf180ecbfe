// The SDKs of OpenAI and Anthropic for Node, changed only in their base URL, each against models of every provider.
// Prints one JSON object: what each SDK saw of each model.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(process.env.SDKS + "/package.json");
const { default: OpenAI } = await import(pathToFileURL(require.resolve("openai")));
const { default: Anthropic } = await import(pathToFileURL(require.resolve("@anthropic-ai/sdk")));

const { BASE_URL: base, PNG: png } = process.env;
const params = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const ask = "What is the weather in both Paris and London?";
const result = "21 degrees";
const broken = { headers: { "x-demo": "error-in-stream=2; chunk-delay=20ms" } };
const limited = { headers: { "x-demo": "error=rate-limit; retry-after=7" } };

async function nameOf(call) {
  try {
    await call();
  } catch (e) {
    return [e.constructor.name, String(e.status ?? "")];
  }
  return ["none", ""];
}

async function all(stream) {
  for await (const _ of stream);
}

const sdks = {
  async chat(model) {
    const client = new OpenAI({ baseURL: base + "/v1", apiKey: "not-used", maxRetries: 0 });
    const create = (body, options) => client.chat.completions.create({ model, ...body }, options);
    const hello = [{ role: "system", content: "Be kind." }, { role: "user", content: "Hello!" }];
    const tools = [{ type: "function", function: { name: "get_weather", parameters: params } }];
    const seen = {};
    const whole = await create({ messages: hello });
    seen.text = whole.choices[0].message.content;
    seen.usage = whole.usage.total_tokens;
    seen.stream = (await client.chat.completions.stream({ model, messages: hello }).finalChatCompletion()).choices[0].message.content;
    const talk = [{ role: "user", content: ask }];
    const { message } = (await client.chat.completions.stream({ model, messages: talk, tools }).finalChatCompletion()).choices[0];
    seen.calls = message.tool_calls.map((c) => [c.function.name, JSON.parse(c.function.arguments)]);
    talk.push(message, ...message.tool_calls.map((c) => ({ role: "tool", tool_call_id: c.id, content: result })));
    seen.answer = (await create({ messages: talk, tools })).choices[0].message.content;
    const picture = [{ type: "text", text: "Look!" }, { type: "image_url", image_url: { url: "data:image/png;base64," + png } }];
    seen.image = (await create({ messages: [{ role: "user", content: picture }] })).choices[0].message.content;
    seen.limited = await nameOf(() => create({ messages: hello }, limited));
    seen.unknown = await nameOf(() => create({ model: "nonesuch", messages: hello }));
    seen.broken = await nameOf(async () => all(await create({ messages: hello, stream: true }, broken)));
    return seen;
  },

  async responses(model) {
    const client = new OpenAI({ baseURL: base + "/v1", apiKey: "not-used", maxRetries: 0 });
    const create = (body, options) => client.responses.create({ model, ...body }, options);
    const tools = [{ type: "function", name: "get_weather", parameters: params, strict: false }];
    const seen = {};
    const whole = await create({ instructions: "Be kind.", input: "Hello!" });
    seen.text = whole.output_text;
    seen.usage = whole.usage.total_tokens;
    const streamed = await client.responses.stream({ model, instructions: "Be kind.", input: "Hello!" }).finalResponse();
    seen.stream = streamed.output_text;
    const talk = [{ role: "user", content: ask }];
    const { output } = await client.responses.stream({ model, input: talk, tools }).finalResponse();
    const calls = output.filter((item) => item.type === "function_call");
    seen.calls = calls.map((c) => [c.name, JSON.parse(c.arguments)]);
    talk.push(...output.map(({ parsed_arguments, ...item }) => item));
    talk.push(...calls.map((c) => ({ type: "function_call_output", call_id: c.call_id, output: result })));
    seen.answer = (await create({ input: talk, tools })).output_text;
    const picture = [{ type: "input_text", text: "Look!" }, { type: "input_image", detail: "auto", image_url: "data:image/png;base64," + png }];
    seen.image = (await create({ input: [{ role: "user", content: picture }] })).output_text;
    seen.limited = await nameOf(() => create({ input: "Hello!" }, limited));
    seen.unknown = await nameOf(() => create({ model: "nonesuch", input: "Hello!" }));
    seen.broken = await nameOf(async () => {
      for await (const event of await create({ input: "Hello!", stream: true }, broken))
        if (["response.failed", "error"].includes(event.type)) throw new OpenAI.APIError(undefined, undefined, event.type, undefined);
    });
    return seen;
  },

  async messages(model) {
    const client = new Anthropic({ baseURL: base, apiKey: "not-used", maxRetries: 0 });
    const create = (body, options) => client.messages.create({ model, max_tokens: 4096, ...body }, options);
    const stream = (body) => client.messages.stream({ model, max_tokens: 4096, ...body });
    const hello = [{ role: "user", content: "Hello!" }];
    const tools = [{ name: "get_weather", input_schema: params }];
    const seen = {};
    const whole = await create({ system: "Be kind.", messages: hello });
    seen.text = whole.content[0].text;
    seen.usage = whole.usage.input_tokens + whole.usage.output_tokens;
    seen.stream = await stream({ system: "Be kind.", messages: hello }).finalText();
    const talk = [{ role: "user", content: ask }];
    const { content } = await stream({ messages: talk, tools }).finalMessage();
    const calls = content.filter((b) => b.type === "tool_use");
    seen.calls = calls.map((c) => [c.name, c.input]);
    talk.push({ role: "assistant", content });
    talk.push({ role: "user", content: calls.map((c) => ({ type: "tool_result", tool_use_id: c.id, content: result })) });
    seen.answer = (await create({ messages: talk, tools })).content[0].text;
    const source = { type: "base64", media_type: "image/png", data: png };
    const picture = [{ type: "text", text: "Look!" }, { type: "image", source }];
    seen.image = (await create({ messages: [{ role: "user", content: picture }] })).content[0].text;
    seen.limited = await nameOf(() => create({ messages: hello }, limited));
    seen.unknown = await nameOf(() => create({ model: "nonesuch", messages: hello }));
    seen.broken = await nameOf(async () => all(await create({ messages: hello, stream: true }, broken)));
    seen.counted = (await client.messages.countTokens({ model, messages: hello })).input_tokens;
    return seen;
  },
};

const out = {};
for (const [name, run] of Object.entries(sdks)) {
  const models = process.env.MODELS.split(",");
  const done = await Promise.all(models.map((m) => run(m).catch((e) => ({ failed: `${e.constructor.name}: ${e.message}` }))));
  models.forEach((m, i) => (out[`${name} ${m}`] = done[i]));
}
console.log(JSON.stringify(out));
