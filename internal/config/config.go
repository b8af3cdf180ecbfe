package config

import "time"

// Config is llmroute.yaml as the operator wrote it, with every default filled in. It is data: what
// requests see is compiled from it.
type Config struct {
	// Where llmroute and the Envoy that it configures listen.
	Listen Listen `yaml:"listen"`
	// The LLM APIs that requests may go to, by a name of your choice: `[a-z0-9]`, then `[a-z0-9_-]`, at most 40 characters.
	Providers Map[Provider] `yaml:"providers" check:"required"`
	// The models that clients may ask for. The order matters where a route says `"*"` and its strategy is `priority`.
	Models Map[Model] `yaml:"models" check:"required"`
	// Further names that a client may ask for: a route's name, or a model's.
	Aliases Map[string] `yaml:"aliases"`
	// Tried from the top; the first whose `match` holds decides. Without any, one route named `default` covers all models.
	Routes []Route `yaml:"routes"`
	// Rules of the organisation. All that match apply, to every request and to each of its fallbacks.
	Policies []Policy `yaml:"policies"`
	// Spending limits.
	Budgets []Budget `yaml:"budgets"`
	// Where the team, the user and the client of a request are read from.
	Identity Identity `yaml:"identity"`
	// How usage of a streamed answer is learned from providers that report it only when asked, as OpenAI's Chat Completions
	// do: `exact` asks and takes the extra chunk out again if the client did not ask, which makes llmroute read the stream;
	// `inject` asks and leaves the chunk in; `estimate` changes nothing and estimates. A provider may say otherwise.
	StreamUsage string `yaml:"stream_usage" enum:"exact,inject,estimate" default:"exact"`
	// Where usage and cost of each request are kept.
	Ledger Ledger `yaml:"ledger"`
	// Where what is learned of providers, and what budgets have spent, is kept and shared.
	State State `yaml:"state"`
	// Metrics and traces that are pushed. `/metrics` is always there.
	Telemetry Telemetry `yaml:"telemetry"`
	// Recording of requests for `llmroute replay`. Without a file nothing is recorded.
	Recording Recording `yaml:"recording"`
	// Bounds on what is accepted.
	Limits Limits `yaml:"limits"`
	// How long Envoy waits, and for what.
	Timeouts Timeouts `yaml:"timeouts"`
}

// Listen holds the addresses. Each is `host:port`, or `unix:/path/to/socket`.
type Listen struct {
	// llmroute's gRPC services: ext_proc, access log, health.
	GRPC string `yaml:"grpc" default:"127.0.0.1:9002"`
	// llmroute's admin HTTP server: the status page, `/metrics`, `/healthz`, `/readyz`, `/v1/explain`.
	Admin string `yaml:"admin" default:"127.0.0.1:9003"`
	// What the admin server's pages ask for, as a bearer token or as the password of basic authentication; `/metrics`,
	// `/healthz` and `/readyz` do not. Needed where `admin` is not an address of this machine alone.
	AdminToken Secret `yaml:"admin_token"`
	// The listener of the Envoy configuration that `llmroute envoy` writes.
	Envoy string `yaml:"envoy" default:"127.0.0.1:10000"`
	// The admin address of that Envoy.
	EnvoyAdmin string `yaml:"envoy_admin" default:"127.0.0.1:9901"`
}

// Provider is one LLM API.
type Provider struct {
	// The wire format that the provider speaks.
	Schema string `yaml:"schema" enum:"openai,azure,anthropic,gemini,bedrock" check:"required"`
	// The base URL, as the provider's own SDK takes it: `https://api.openai.com/v1`, `https://api.anthropic.com`. Vertex AI's
	// ends in `/publishers/google` (schema `gemini`) or `/publishers/anthropic` (schema `anthropic`):
	// `https://us-east5-aiplatform.googleapis.com/v1/projects/my-project/locations/us-east5/publishers/anthropic`.
	Endpoint string `yaml:"endpoint" check:"required"`
	// The credential that Envoy adds. Without it, none is sent. If a variable in it is not set, the provider is left out, unless
	// no provider has its variables: then Envoy alone has them.
	Auth *Auth `yaml:"auth" check:"private"`
	// Where requests are processed, for policies that allow regions: `eu`, `us-east-1`.
	Region string `yaml:"region"`
	// The `api-version` query parameter of Azure OpenAI.
	APIVersion string `yaml:"api_version"`
	// What the provider serves. Default: all that its schema has. `[messages]` with schema `bedrock` is Claude by
	// InvokeModel, which can do more of what Anthropic's own API does than Converse.
	APIs []string `yaml:"apis" enum:"chat_completions,completions,embeddings,responses,messages,generate_content,converse"`
	// The HTTP version towards the provider: `auto` asks by ALPN over TLS and is HTTP/1.1 over plain text.
	HTTP string `yaml:"http" enum:"auto,1,2" default:"auto"`
	// A file of PEM certificates to trust instead of the system's.
	CAFile string `yaml:"ca_file"`
	// Further headers to send to this provider, such as `OpenAI-Organization`.
	Headers Map[string] `yaml:"headers" check:"private"`
	// What to do with a request parameter that this provider cannot take.
	Unsupported string `yaml:"unsupported" enum:"route_elsewhere,drop,reject" default:"route_elsewhere"`
	// Overrides the global `stream_usage` for this provider.
	StreamUsage string `yaml:"stream_usage" enum:"exact,inject,estimate"`
	// What the provider promises about data, in words of your choice, for policies that require them: `[no_training, zero_retention]`.
	DataPolicy []string `yaml:"data_policy"`

	// Missing names the environment variables that the credential needs and that are not set. Such a provider
	// cannot be used.
	Missing []string `yaml:"-"`
}

// Auth is a provider's credential. Exactly one form: `bearer`, `header` with `value`, `aws`, `gcp`, `token_file` or
// `oauth2`.
type Auth struct {
	// Sent as `Authorization: Bearer <value>`.
	Bearer Secret `yaml:"bearer"`
	// The header that carries `value`: `x-api-key`, `api-key`, `x-goog-api-key`.
	Header string `yaml:"header"`
	// The value of `header`.
	Value Secret `yaml:"value"`
	// Sign with AWS Signature Version 4.
	AWS *AWSAuth `yaml:"aws"`
	// Take an access token from Google's metadata server.
	GCP *GCPAuth `yaml:"gcp"`
	// A file that holds the value of the `Authorization: Bearer` header and is renewed by someone else; Envoy follows it.
	TokenFile string `yaml:"token_file"`
	// Fetch a token by the OAuth2 client-credentials grant (Entra ID and others).
	OAuth2 *OAuth2Auth `yaml:"oauth2"`
}

// AWSAuth configures Envoy's aws_request_signing. Without keys, Envoy's own credential chain is used.
type AWSAuth struct {
	// The AWS region to sign for. Default: the provider's `region`.
	Region string `yaml:"region"`
	// The service name to sign for.
	Service string `yaml:"service" default:"bedrock"`
	// A static key; leave the keys out to use the environment, the container's or the instance's role.
	AccessKeyID Secret `yaml:"access_key_id"`
	// The secret that belongs to `access_key_id`.
	SecretAccessKey Secret `yaml:"secret_access_key"`
	// The session token of temporary keys.
	SessionToken Secret `yaml:"session_token"`
}

// GCPAuth configures Envoy's gcp_authn.
type GCPAuth struct {
	// The audience of the token. Default: the endpoint's origin.
	Audience string `yaml:"audience"`
}

// OAuth2Auth configures the OAuth2 source of Envoy's credential injector.
type OAuth2Auth struct {
	// The URL that gives tokens.
	TokenEndpoint string `yaml:"token_endpoint" check:"required"`
	// The client's name at the token endpoint.
	ClientID string `yaml:"client_id" check:"required"`
	// The client's secret there.
	ClientSecret Secret `yaml:"client_secret" check:"required"`
	// The scopes to ask for.
	Scopes []string `yaml:"scopes"`
}

// Model is one model at one provider. What is said here wins over the catalog.
type Model struct {
	// The provider that serves it.
	Provider string `yaml:"provider" check:"required"`
	// The provider's own name for it (Azure: the deployment). Default: the key.
	Name string `yaml:"name"`
	// The catalog entry to take facts from, where neither the key nor `name` is one.
	Catalog string `yaml:"catalog"`
	// USD per million tokens.
	Price *Price `yaml:"price"`
	// Tokens of input and output together.
	ContextWindow int `yaml:"context_window" check:"positive"`
	// Tokens of one answer.
	MaxOutputTokens int `yaml:"max_output_tokens" check:"positive"`
	// What it can do. Said here, the catalog's list does not count.
	Capabilities []string `yaml:"capabilities" enum:"tools,parallel_tools,json_mode,json_schema,vision,audio,pdf,reasoning,prompt_cache,web_search,logprobs,embeddings"`
	// How good its answers are, 0 to 1, on a scale of your own.
	Quality *float64 `yaml:"quality" check:"unit"`
	// The same by task, where it differs: `{code: 0.9, creative: 0.6}`.
	TaskQuality Map[float64] `yaml:"task_quality" check:"unit"`
	// Where this model is processed, when it is not the provider's region.
	Region string `yaml:"region"`
}

// Price is in USD per million tokens.
type Price struct {
	// Input tokens that are not in the provider's cache.
	Input float64 `yaml:"input" check:"nonnegative"`
	// Output tokens, reasoning included.
	Output float64 `yaml:"output" check:"nonnegative"`
	// Input tokens read from the provider's cache.
	CachedInput float64 `yaml:"cached_input" check:"nonnegative"`
	// Input tokens written to the provider's cache.
	CacheWrite float64 `yaml:"cache_write" check:"nonnegative"`
}

// Route gives matching requests their candidates and a strategy.
type Route struct {
	// Clients may ask for it as `route/<name>`. Letters, digits, `.`, `_`, `-`, at most 64.
	Name string `yaml:"name" check:"required"`
	// A CEL expression over the request. Empty matches every request.
	Match string `yaml:"match"`
	// Model names; `*` stands for any run of characters. The order counts for `priority`.
	Models []string `yaml:"models" check:"required"`
	// How candidates are ordered.
	Strategy string `yaml:"strategy" enum:"priority,weighted,cost,latency,quality,balanced,least_busy" default:"priority"`
	// For `weighted`: shares by model name. Models that are not named get none but as a fallback.
	Weights Map[float64] `yaml:"weights" check:"nonnegative"`
	// For `balanced`: weights of `cost`, `latency` and `quality`.
	Balance Map[float64] `yaml:"balance" check:"nonnegative"`
	// How many further candidates are tried when the first fails before it answers.
	Fallbacks *int `yaml:"fallbacks" check:"nonnegative" default:"2"`
	// Candidates below this quality are left out. A model of unknown quality is kept.
	MinQuality *float64 `yaml:"min_quality" check:"unit"`
	// Candidates whose expected cost is above this are left out.
	MaxCostUSD *float64 `yaml:"max_cost_usd" check:"nonnegative"`
	// Candidates whose expected time to the first byte is above this are left out. What has not been measured is kept.
	MaxTTFT time.Duration `yaml:"max_ttft" check:"nonnegative"`
	// For `latency` and `max_ttft`: the percentile of the time to the first byte that counts, 1 to 99. Default: the mean.
	Percentile int `yaml:"percentile" check:"nonnegative"`
	// For `quality`: requests that are less likely to need a strong model than this complexity, 0 to 1, go to the cheapest
	// candidate first, the others to the best first. Default: always the best first. See `strong_share`.
	StrongAbove *float64 `yaml:"strong_above" check:"unit"`
	// For `quality`, instead of `strong_above`: the share of requests, 0 to 1, that should go to the best first. The threshold
	// follows the complexity of the requests that this route sees.
	StrongShare *float64 `yaml:"strong_share" check:"unit"`
	// `session` keeps a conversation at the model and provider that served it before, as long as the gain in cached input
	// outweighs what the strategy would gain by moving it.
	Affinity string `yaml:"affinity" enum:"none,session" default:"none"`
	// Capabilities that each candidate must have, beyond what the request itself needs.
	Require []string `yaml:"require" enum:"tools,parallel_tools,json_mode,json_schema,vision,audio,pdf,reasoning,prompt_cache,web_search,logprobs,embeddings"`
}

// Policy is a rule of the organisation.
type Policy struct {
	// Stands in `explain` and in the errors that the policy causes.
	Name string `yaml:"name" check:"required"`
	// A CEL expression over the request. Empty matches every request.
	Match string `yaml:"match"`
	// If set, only what is listed may be used.
	Allow *Selector `yaml:"allow"`
	// What is listed may not be used.
	Deny *Selector `yaml:"deny"`
	// The output limit of every request is lowered to this, and set where the request has none.
	MaxOutputTokens int `yaml:"max_output_tokens" check:"positive"`
	// Requests with more input tokens are refused.
	MaxInputTokens int `yaml:"max_input_tokens" check:"positive"`
	// Requests with more images are refused. 0 forbids images.
	MaxImages *int `yaml:"max_images" check:"nonnegative"`
	// When the policy applies. Default: always.
	During *During `yaml:"during"`
	// Only providers whose `data_policy` has all of these may be used.
	RequireDataPolicy []string `yaml:"require_data_policy"`
	// A system message that is put before the request's own.
	SystemPreamble string `yaml:"system_preamble"`
	// Candidates with a price above this, USD per million tokens of input or output, are left out.
	MaxPrice *Price `yaml:"max_price"`
	// Candidates whose expected cost is above this are left out.
	MaxCostUSD *float64 `yaml:"max_cost_usd" check:"nonnegative"`
	// Capabilities that each candidate must have.
	Require []string `yaml:"require" enum:"tools,parallel_tools,json_mode,json_schema,vision,audio,pdf,reasoning,prompt_cache,web_search,logprobs,embeddings"`
	// Top-level request parameters to set, whatever the client sent: `{store: false, temperature: 0}`.
	Force Map[any] `yaml:"force"`
	// Top-level request parameters to set where the client sent none.
	Default Map[any] `yaml:"default"`
	// Top-level request parameters to take out.
	Remove []string `yaml:"remove"`
	// Refuse the request with this message.
	Reject string `yaml:"reject"`
	// `audit` records what the policy would have done and does nothing.
	Mode string `yaml:"mode" enum:"enforce,audit" default:"enforce"`
}

// During is a window of time that repeats each week.
type During struct {
	// Days on which the window begins. Default: every day.
	Days []string `yaml:"days" enum:"mon,tue,wed,thu,fri,sat,sun"`
	// When it begins, `HH:MM`. Default: 00:00.
	From string `yaml:"from" default:"00:00"`
	// When it ends, `HH:MM`; at or before `from`: on the next day. Default: 24:00.
	To string `yaml:"to" default:"24:00"`
	// An IANA time zone: `Europe/Berlin`.
	Zone string `yaml:"zone" default:"UTC"`
}

// Selector lists models, providers and regions; `*` stands for any run of characters.
type Selector struct {
	// Names of models.
	Models []string `yaml:"models"`
	// Names of providers.
	Providers []string `yaml:"providers"`
	// Regions of models, which are those of their providers unless they say otherwise.
	Regions []string `yaml:"regions"`
}

// Budget is a spending limit.
type Budget struct {
	// What to call it.
	Name string `yaml:"name" check:"required"`
	// A CEL expression over the request. Empty counts every request.
	Match string `yaml:"match"`
	// Whose spending counts together: each team, user, client, route or model has the limit, or all have it in common.
	Per string `yaml:"per" enum:"team,user,client,route,model,global" default:"global"`
	// USD that may be spent in a period. One of `limit_usd` and `limit_tokens` is needed, or both.
	LimitUSD *float64 `yaml:"limit_usd" check:"nonnegative"`
	// Tokens, of input and output together, that may be used in a period.
	LimitTokens *int `yaml:"limit_tokens" check:"nonnegative"`
	// How long spending counts. Periods begin on the full minute, hour and day, on Monday, and on the first of the month.
	Period string `yaml:"period" enum:"minute,hour,day,week,month" default:"month"`
	// The IANA time zone in which days, weeks and months begin: `Europe/Berlin`.
	Zone string `yaml:"zone" default:"UTC"`
	// Shares of the limit, 0 to 1, at which a warning is logged and counted.
	Alerts []float64 `yaml:"alerts" check:"unit"`
	// What happens to a request when the limit is reached: `reject` refuses it with status 429; `downgrade` lets it go to the cheapest
	// candidates only; `audit` records it and lets it pass.
	OnExceeded string `yaml:"on_exceeded" enum:"reject,downgrade,audit" default:"reject"`
	// What happens while the shared store of `state.redis` cannot be reached and this process's lease is used up.
	OnUnavailable string `yaml:"on_unavailable" enum:"reject,allow" default:"reject"`
}

// Identity says where the caller's identity stands. Set these headers in Envoy, after authentication.
type Identity struct {
	// The caller's team.
	Team Source `yaml:"team"`
	// The caller.
	User Source `yaml:"user"`
	// The program that calls, such as the client id that Envoy's API-key authentication gives.
	Client Source `yaml:"client"`
}

// Source is one place of the request. Exactly one is given.
type Source struct {
	// A request header.
	Header string `yaml:"header"`
	// A claim of the JWT that Envoy's jwt_authn has verified, as `payload_in_metadata: payload` leaves it; nested claims by dots:
	// `realm.team`.
	JWTClaim string `yaml:"jwt_claim"`
	// A field of the client certificate that Envoy has verified.
	Certificate string `yaml:"certificate" enum:"uri_san,dns_san,subject"`
}

// Ledger keeps a row for each request: who, which model, tokens, cost, outcome.
type Ledger struct {
	// A SQLite database file, which is made if it is not there. `none`: there is no ledger. A relative path starts at the folder of
	// this file. Not used with `postgres`.
	SQLite string `yaml:"sqlite" default:"llmroute.db"`
	// A PostgreSQL connection string, for several replicas: `postgres://llmroute:${PGPASSWORD}@db/llmroute`.
	Postgres Secret `yaml:"postgres"`
	// How long the rows of single requests are kept. Daily sums are kept for good.
	Retention time.Duration `yaml:"retention" default:"2160h" check:"positive"`
	// A file for entries that the database cannot take at the moment.
	Spill string `yaml:"spill" default:"llmroute.spill"`
}

// State says where state is kept that outlives a process.
type State struct {
	// A file, so that what was learned survives a restart.
	File string `yaml:"file"`
	// A Redis or Valkey, by which replicas share what they learn and what budgets have left: `redis://:${REDIS_PASSWORD}@redis:6379/0`.
	Redis Secret `yaml:"redis"`
}

// Telemetry says what is pushed where.
type Telemetry struct {
	// The OTLP endpoint, by gRPC: `http://otel-collector:4317`. Without it, nothing is pushed.
	OTLP string `yaml:"otlp"`
	// Headers for the endpoint, such as its authentication.
	Headers Map[Secret] `yaml:"headers" check:"private"`
	// The share of requests, 0 to 1, that are traced when the client's own trace does not say.
	TraceSample *float64 `yaml:"trace_sample" check:"unit"`
}

// Recording writes a line for a request into a file, for `llmroute replay`.
type Recording struct {
	// The file. It is appended to, and made for its owner alone. A relative path starts at the folder of this file.
	File string `yaml:"file"`
	// The share of requests, 0 to 1, that are recorded.
	Sample *float64 `yaml:"sample" check:"unit"`
	// What is recorded: `features` holds no text of the prompt, only what the decision looked at and hashes; `full` is the request as
	// it came, credentials left out.
	Content string `yaml:"content" enum:"features,full" default:"features"`
	// When the file grows beyond this, it is renamed to `<file>.1` and begun anew.
	MaxBytes ByteSize `yaml:"max_bytes" default:"256MiB"`
}

// Limits bounds what is accepted.
type Limits struct {
	// The largest request body, 1KiB to 256MiB. Envoy's buffers are sized for it, so that such a request can still be retried.
	BodyBytes ByteSize `yaml:"body_bytes" default:"32MiB"`
}

// Timeouts says how long Envoy waits, and for what.
type Timeouts struct {
	// To connect to a provider.
	Connect time.Duration `yaml:"connect" default:"5s" check:"positive"`
	// To the response headers of a streamed answer, for each attempt.
	FirstByteStream time.Duration `yaml:"first_byte_stream" default:"30s" check:"positive"`
	// To the response headers of a JSON answer, which come when the answer is complete, for each attempt.
	FirstByteJSON time.Duration `yaml:"first_byte_json" default:"300s" check:"positive"`
	// Without a byte in either direction, a stream is cut.
	Idle time.Duration `yaml:"idle" default:"300s" check:"positive"`
}
