// The openai SDK for Node, changed only in its base URL, does what applications do. Prints one JSON object of what it saw.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

// The packages stand in a cache folder, not beside this file.
const require = createRequire(process.env.SDKS + "/package.json");
const { default: OpenAI } = await import(pathToFileURL(require.resolve("openai")));

const client = new OpenAI({ baseURL: process.env.BASE_URL, apiKey: "not-used", maxRetries: 0 });
const messages = [{ role: "user", content: "Hello!" }];
const tools = [
  {
    type: "function",
    function: {
      name: "get_weather",
      parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    },
  },
];
const seen = {};

const { data: chat, response } = await client.chat.completions.create({ model: "auto", messages }).withResponse();
seen.model_header = response.headers.get("x-llmroute-model");
seen.chat = chat.choices[0].message.content;
seen.usage = chat.usage.total_tokens;

seen.stream = "";
const stream = await client.chat.completions.create({ model: "auto", messages, stream: true, stream_options: { include_usage: true } });
for await (const chunk of stream) {
  seen.stream += chunk.choices[0]?.delta?.content ?? "";
  if (chunk.usage) seen.stream_usage = chunk.usage.total_tokens;
}

const asked = [{ role: "user", content: "What is the weather in Paris?" }];
const call = (await client.chat.completions.create({ model: "auto", messages: asked, tools, tool_choice: "required" })).choices[0];
seen.finish = call.finish_reason;
seen.tool = call.message.tool_calls[0].function.name;
JSON.parse(call.message.tool_calls[0].function.arguments);
asked.push(call.message, { role: "tool", tool_call_id: call.message.tool_calls[0].id, content: "21 degrees" });
seen.tool_answer = (await client.chat.completions.create({ model: "auto", messages: asked, tools })).choices[0].message.content;

seen.embedding = (await client.embeddings.create({ model: "embed", input: ["a", "b"], dimensions: 8 })).data[1].embedding.length;
seen.response = (await client.responses.create({ model: "auto", input: "Hello!" })).output_text;
const events = await client.responses.create({ model: "auto", input: "Hello!", stream: true });
for await (const event of events) if (event.type === "response.completed") seen.response_stream = event.response.output[0].content[0].text;
seen.completion = (await client.completions.create({ model: "auto", prompt: "Hello!" })).choices[0].text;
seen.models = [];
for await (const model of client.models.list()) seen.models.push(model.id);
seen.model = (await client.models.retrieve("fast")).id;
try {
  await client.chat.completions.create({ model: "nonesuch", messages });
} catch (e) {
  if (e instanceof OpenAI.NotFoundError) seen.error = e.code;
}
try {
  await client.chat.completions.create({ model: "secret", messages }, { headers: { "x-team": "interns" } });
} catch (e) {
  if (e instanceof OpenAI.PermissionDeniedError) seen.denied = e.code;
}
console.log(JSON.stringify(seen));
