"use strict";
// The page of the admin server. It only reads: /v1/events tells what is, /v1/explain what would be.

const $ = (id) => document.getElementById(id);

// make builds an element. Text goes in as text: nothing of a request is ever read as HTML.
function make(tag, attributes = {}, ...children) {
  const out = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) out.setAttribute(name, value);
  out.append(...children.map((c) => (c instanceof Node ? c : String(c))));
  return out;
}

const whole = new Intl.NumberFormat("en");
const number = (n) => whole.format(n);
const seconds = (s) => (!s ? "–" : s < 1 ? `${Math.round(s * 1000)} ms` : `${s.toFixed(2)} s`);
const share = (part, all) => (all ? `${Math.round((1000 * part) / all) / 10} %` : "0 %");
const micros = (us) => (us >= 1000 ? `${(us / 1000).toFixed(1)} ms` : `${us.toFixed(0)} µs`);

// usd keeps small sums readable, and drops no cent of large ones.
function usd(text) {
  const n = Number(text);
  if (n === 0) return "0";
  return n >= 1 ? n.toFixed(2) : n.toPrecision(3).replace(/\.?0+$/, "");
}

// replace puts rows in place of old ones, and leaves alone what did not change, so that a reader's selection stays.
function replace(parent, children) {
  const old = [...parent.children];
  children.forEach((child, i) => {
    if (!old[i]) parent.append(child);
    else if (!old[i].isEqualNode(child)) old[i].replaceWith(child);
  });
  old.slice(children.length).forEach((node) => node.remove());
}

const svg = "http://www.w3.org/2000/svg";

// spark draws values over time, oldest first. Zero is a gap.
function spark(values, label) {
  const out = document.createElementNS(svg, "svg");
  out.setAttribute("class", "spark");
  out.setAttribute("viewBox", "0 0 100 20");
  out.setAttribute("preserveAspectRatio", "none");
  out.setAttribute("role", "img");
  const most = Math.max(...values, 0);
  out.setAttribute("aria-label", most ? label : `${label}: nothing yet`);
  let path = "", down = false;
  values.forEach((v, i) => {
    if (!v) return (down = false);
    const at = `${((100 * i) / (values.length - 1)).toFixed(1)} ${(19 - (18 * v) / most).toFixed(1)}`;
    path += down ? ` L ${at}` : ` M ${at} l 0.01 0`;
    down = true;
  });
  const line = document.createElementNS(svg, "path");
  line.setAttribute("d", path.trim());
  out.append(line);
  return out;
}

function modelRow(m) {
  const n = (text) => make("td", { class: "n" }, text);
  const state = make("td", { class: "state", "data-state": m.health.state }, m.health.state);
  if (m.health.reason) state.title = m.health.reason;
  if (m.health.reason && m.health.state !== "up") state.append(make("span", { class: "hidden" }, `: ${m.health.reason}`));
  return make("tr", { "data-model": m.model, "data-provider": m.provider },
    make("th", { scope: "row" }, m.model), make("td", {}, m.provider), state,
    n(number(m.requests)), n(number(m.failed)), n(seconds(m.ttft_p50_s)), n(seconds(m.ttft_p95_s)),
    make("td", {}, spark(m.points.map((p) => p.ttft || 0), `time to the first byte of ${m.model} over 30 minutes`)),
    n(m.tokens_per_s ? m.tokens_per_s.toFixed(0) : "–"),
    make("td", {}, spark(m.points.map((p) => p.speed || 0), `tokens a second of ${m.model} over 30 minutes`)),
    n(number(m.input_tokens)), n(number(m.output_tokens)), n(usd(m.cost_usd) + (m.unpriced ? " +?" : "")));
}

function bar(name, value, part, kind = "") {
  const fill = make("div", { class: `fill ${kind}`.trim() });
  fill.style.width = `${Math.min(100, 100 * part)}%`;
  return make("li", {}, make("span", { class: "name" }, name), make("span", { class: "value" }, value),
    make("div", { class: "track", "aria-hidden": "true" }, fill));
}

function bars(parent, list, name) {
  const all = list.reduce((sum, x) => sum + x.requests, 0);
  const used = list.filter((x) => x.requests).sort((a, b) => b.requests - a.requests).slice(0, 12);
  replace(parent, used.length ? used.map((x) => bar(name(x), `${number(x.requests)} · ${share(x.requests, all)}`, x.requests / all))
    : [make("li", { class: "none" }, "no request yet")]);
}

function budgetBar(b) {
  const amount = (x) => (b.unit === "USD" ? `$${usd(x)}` : `${number(x)} tokens`);
  const part = b.limit ? (b.spent + b.reserved) / b.limit : 1;
  const whose = b.key ? `${b.name}: ${b.key}` : b.name;
  return bar(whose, `${amount(b.spent)} of ${amount(b.limit)} a ${b.period} · ${share(b.spent, b.limit)}`, part, part >= 1 ? "bad" : part >= 0.8 ? "warn" : "");
}

const clock = (t) => new Date(t).toLocaleTimeString("en-GB");

function decisionRow(d) {
  return make("tr", {},
    make("td", { class: "n" }, clock(d.time)), make("td", {}, d.op || "–"), make("td", {}, d.route || "–"),
    d.code ? make("td", { class: "code" }, d.code) : make("td", {}, d.model + (d.fallbacks ? ` +${d.fallbacks}` : "")),
    make("td", {}, d.provider || "–"), make("td", { class: "why" }, [d.reason, ...(d.audited || [])].join("; ")), make("td", {}, (d.policies || []).join(", ") || "–"),
    make("td", { class: "n" }, d.took_us ? micros(d.took_us) : "–"));
}

function show(v) {
  $("config").textContent = `configuration ${v.config.version}, loaded ${new Date(v.config.loaded).toLocaleString("en-GB")}`;
  $("fault").hidden = !v.config.fault;
  const fault = v.config.fault ? `The configuration file is refused since ${clock(v.config.fault_since)}; the one before it serves.\n${v.config.fault}` : "";
  if ($("fault").textContent !== fault) $("fault").textContent = fault;
  const total = (key) => v.models.reduce((sum, m) => sum + Number(m[key]), 0);
  replace($("sum"), [
    ["Decisions", number(v.decided)], ["Refused", number(v.refused)], ["Under way", number(v.active)],
    ["Answered", number(total("requests") - total("failed"))], ["Tokens in", number(total("input_tokens"))],
    ["Tokens out", number(total("output_tokens"))], ["Spent", `$${usd(total("cost_usd"))}`],
  ].map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))));
  replace($("models"), v.models.map(modelRow));
  bars($("by-route"), v.routes, (r) => r.route || "–");
  bars($("by-model"), v.models, (m) => `${m.model} (${m.provider})`);
  replace($("budgets"), v.budgets.length ? v.budgets.map(budgetBar) : [make("li", { class: "none" }, "no budget is configured, or none was used")]);
  replace($("decisions"), v.decisions.length ? v.decisions.map(decisionRow)
    : [make("tr", {}, make("td", { colspan: "8", class: "none" }, "no request yet"))]);
}

function listen() {
  const live = $("live");
  const say = (state, text) => {
    if (live.dataset.state === state) return;
    live.dataset.state = state;
    live.textContent = text;
  };
  const events = new EventSource("v1/events");
  events.addEventListener("view", (e) => { say("live", "live"); show(JSON.parse(e.data)); });
  events.addEventListener("error", () => say("lost", "connection lost; trying again"));
}

function candidateRow(c) {
  const score = c.score === null || c.score === undefined ? "–" : `${Number(c.score.toPrecision(4))} ${c.unit}`;
  const cost = c.expected_usd === null || c.expected_usd === undefined ? "–" : `$${usd(c.expected_usd)}`;
  const fate = c.refused ? `${c.refused.filter}: ${c.refused.reason}${c.refused.policy ? ` (${c.refused.policy})` : ""}` : c.rank ? `choice ${c.rank}` : "not in the plan";
  return make("tr", {}, make("th", { scope: "row" }, c.model), make("td", {}, c.provider), make("td", { class: "why" }, fate),
    make("td", { class: "n" }, score), make("td", { class: "n" }, cost));
}

function explained(r) {
  const out = [];
  if (r.error && r.error.message) out.push(make("p", {}, make("span", { class: "code" }, r.error.code || "error"), ` ${r.error.message}`));
  else out.push(make("p", {}, "Goes to ", make("strong", {}, r.plan[0].model), ` at ${r.plan[0].provider}, by route ${r.route}: ${r.reason}`));
  const f = r.features;
  out.push(make("p", { class: "note" },
    `task ${f.task || "–"} · language ${f.language || "–"} · complexity ${Number((f.complexity || 0).toFixed(2))} · ${number(f.input_tokens)} input tokens` +
    (r.policies.length ? ` · policies: ${r.policies.join(", ")}` : "")));
  if (r.candidates.length) {
    const head = ["Model", "Provider", "What became of it", "Score", "Cost"].map((t, i) => make("th", { scope: "col", class: i > 2 ? "n" : "" }, t));
    out.push(make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "candidates" },
      make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...r.candidates.map(candidateRow)))));
  }
  const raw = make("details", {}, make("summary", {}, "The whole record"), make("pre", { tabindex: "0" }, JSON.stringify(r, null, 2)));
  return [...out, raw];
}

async function explain(event) {
  event.preventDefault();
  const form = new FormData(event.target);
  const answer = $("answer");
  try {
    const headers = new Headers();
    for (const line of form.get("headers").split("\n").filter((l) => l.trim())) {
      const colon = line.indexOf(":");
      headers.append(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
    }
    const res = await fetch(`v1/explain?path=${encodeURIComponent(form.get("path"))}`, { method: "POST", headers, body: form.get("body") });
    const record = await res.json();
    answer.replaceChildren(...(record.features ? explained(record) : [make("p", { class: "code" }, record.error.message)]));
  } catch (e) {
    answer.replaceChildren(make("p", { class: "code" }, e.message));
  }
}

document.addEventListener("DOMContentLoaded", () => {
  $("explain").addEventListener("submit", explain);
  listen();
});
