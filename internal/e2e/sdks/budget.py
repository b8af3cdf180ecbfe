"""The openai SDK, with its usual retries, where a budget is used up. Prints one JSON object of what it saw."""

import json
import os

import openai

client = openai.OpenAI(base_url=os.environ["BASE_URL"], api_key="not-used")
seen = {}
try:
    client.chat.completions.create(model="small", messages=[{"role": "user", "content": "Hello!"}])
except openai.RateLimitError as e:
    seen["code"], seen["status"], seen["message"] = e.code, e.status_code, e.message
    seen["retry_after"], seen["budget"] = e.response.headers.get("retry-after"), e.response.headers.get("x-llmroute-budget")
print(json.dumps(seen))
