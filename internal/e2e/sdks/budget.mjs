// The openai SDK for Node, with its usual retries, where a budget is used up. Prints one JSON object of what it saw.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

// The packages stand in a cache folder, not beside this file.
const require = createRequire(process.env.SDKS + "/package.json");
const { default: OpenAI } = await import(pathToFileURL(require.resolve("openai")));

const client = new OpenAI({ baseURL: process.env.BASE_URL, apiKey: "not-used" });
const seen = {};
try {
  await client.chat.completions.create({ model: "small", messages: [{ role: "user", content: "Hello!" }] });
} catch (e) {
  if (e instanceof OpenAI.RateLimitError) {
    seen.code = e.code;
    seen.status = e.status;
    seen.message = e.message;
    seen.retry_after = e.headers.get("retry-after");
    seen.budget = e.headers.get("x-llmroute-budget");
  }
}
console.log(JSON.stringify(seen));
