#!/usr/bin/env python3
"""Writes dashboard.json, for Grafana, from the panels below: python3 make_dashboard.py > dashboard.json"""
import json

MODEL = "gen_ai_request_model, gen_ai_provider_name"
NAME = "{{gen_ai_request_model}} at {{gen_ai_provider_name}}"


def rate(metric, by, where=""):
    return f"sum by ({by}) (rate({metric}{where}[$__rate_interval]))"


def quantile(q, metric, by):
    return f"histogram_quantile({q}, sum by (le, {by}) (rate({metric}_bucket[$__rate_interval])))"


# title, unit, width of 24, and pairs of query and legend
ROWS = [
    ("Traffic", [
        ("Requests by route", "reqps", 8, [(rate("llmroute_decisions_total", "llmroute_route"), "{{llmroute_route}}")]),
        ("Requests by model", "reqps", 8, [(rate("llmroute_requests_total", MODEL), NAME)]),
        ("Answers by status", "reqps", 8, [(rate("llmroute_requests_total", "http_response_status_code"), "{{http_response_status_code}}")]),
    ]),
    ("Speed", [
        ("Time to first token, median", "s", 8, [(quantile(0.5, "gen_ai_server_time_to_first_token_seconds", MODEL), NAME)]),
        ("Time to first token, p95", "s", 8, [(quantile(0.95, "gen_ai_server_time_to_first_token_seconds", MODEL), NAME)]),
        ("Time per output token, median", "s", 8, [(quantile(0.5, "gen_ai_server_time_per_output_token_seconds", MODEL), NAME)]),
    ]),
    ("Providers", [
        ("Up", "short", 6, [("llmroute_model_up", NAME)]),
        ("Under way", "short", 6, [("llmroute_model_in_flight", NAME)]),
        ("Attempts that fail, by provider and status", "reqps", 6,
         [(rate("llmroute_attempts_total", "gen_ai_provider_name, http_response_status_code", '{http_response_status_code!~"2.."}'),
           "{{gen_ai_provider_name}} {{http_response_status_code}}")]),
        ("Fallbacks, by the model that failed", "reqps", 6, [(rate("llmroute_fallbacks_total", MODEL), NAME)]),
    ]),
    ("Usage and cost", [
        ("Tokens by type", "short", 8, [(rate("llmroute_usage_tokens_total", "gen_ai_token_type"), "{{gen_ai_token_type}}")]),
        ("USD an hour, by team", "currencyUSD", 8, [("3600 * " + rate("llmroute_usage_cost_total", "llmroute_team"), "{{llmroute_team}}")]),
        ("USD an hour, by model", "currencyUSD", 8, [("3600 * " + rate("llmroute_usage_cost_total", MODEL), NAME)]),
    ]),
    ("Budgets", [
        ("Spent, of the limit", "percentunit", 12, [("(llmroute_budget_spent + llmroute_budget_reserved) / (llmroute_budget_limit > 0)", "{{budget}} {{key}}")]),
        ("Refused requests, by code", "reqps", 12, [(rate("llmroute_refused_requests_total", "llmroute_code"), "{{llmroute_code}}")]),
    ]),
    ("llmroute itself", [
        ("Time of a decision", "s", 6, [(f'histogram_quantile({q}, sum by (le) (rate(llmroute_stage_duration_seconds_bucket{{llmroute_stage="route"}}[$__rate_interval])))', f"p{int(100 * q)}") for q in (0.5, 0.99)]),
        ("Usage records", "reqps", 6, [(rate("llmroute_usage_records_total", "state"), "{{state}}")]),
        ("Ledger", "short", 6, [("llmroute_ledger_queue", "waiting"), (rate("llmroute_ledger_rows_total", "state"), "{{state}} a second")]),
        ("Configuration refused", "short", 6, [("llmroute_config_stale", "{{instance}}")]),
    ]),
]


def main():
    panels, y, number = [], 0, 0
    source = {"type": "prometheus", "uid": "${datasource}"}
    for title, row in ROWS:
        number += 1
        panels.append({"id": number, "type": "row", "title": title, "gridPos": {"h": 1, "w": 24, "x": 0, "y": y}, "collapsed": False, "panels": []})
        y, x = y + 1, 0
        for name, unit, width, queries in row:
            number += 1
            panels.append({
                "id": number, "type": "timeseries", "title": name, "datasource": source, "gridPos": {"h": 8, "w": width, "x": x, "y": y},
                "fieldConfig": {"defaults": {"unit": unit, "min": 0, "custom": {"fillOpacity": 8, "lineWidth": 1}}, "overrides": []},
                "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi", "sort": "desc"}},
                "targets": [{"refId": chr(65 + i), "datasource": source, "expr": q, "legendFormat": legend} for i, (q, legend) in enumerate(queries)],
            })
            x += width
        y += 8
    print(json.dumps({
        "title": "llmroute", "uid": "llmroute", "schemaVersion": 39, "version": 1, "refresh": "30s", "tags": ["llm", "envoy"],
        "time": {"from": "now-3h", "to": "now"}, "panels": panels,
        "templating": {"list": [{"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"}]},
    }, indent=1))


if __name__ == "__main__":
    main()
