package catalog

import (
	"path"
	"strings"
)

// place is where in the catalog the models of an endpoint are.
type place struct {
	host string // a pattern for the endpoint's host; * is any run of characters
	// prefixes go before the model's name to make a key, best first. {region} is the AWS region in the host.
	prefixes []string
	// vendor is what the endpoint wants before the names of its own models, and the catalog does not have.
	vendor string
	// gateway marks endpoints that pass models of several vendors on: the vendors' own entries are tried last.
	gateway bool
}

// places are tried from the top. A host that is not here goes by its schema. The hosts are from the API references of
// the providers.
var places = [...]place{
	{host: "*.openai.azure.com", prefixes: []string{"azure/", ""}},
	{host: "*.cognitiveservices.azure.com", prefixes: []string{"azure/", "azure_ai/", ""}},
	{host: "*.ai.azure.com", prefixes: []string{"azure_ai/", "azure/", ""}},
	{host: "*bedrock-mantle*", prefixes: []string{"bedrock_mantle/{region}/", "bedrock_mantle/"}},
	{host: "*bedrock-runtime*.amazonaws.com*", prefixes: []string{"bedrock/{region}/", "", "bedrock/"}},
	{host: "*aiplatform.googleapis.com", prefixes: []string{"vertex_ai/", "", "gemini/"}, vendor: "google/"},
	{host: "generativelanguage.googleapis.com", prefixes: []string{"gemini/", "vertex_ai/", ""}},
	{host: "*.cloud.databricks.com", prefixes: []string{"databricks/"}},
	{host: "*.azuredatabricks.net", prefixes: []string{"databricks/"}},
	{host: "*.snowflakecomputing.com", prefixes: []string{"snowflake/"}},
	{host: "*.ml.cloud.ibm.com", prefixes: []string{"watsonx/"}},
	{host: "*.oci.oraclecloud.com", prefixes: []string{"oci/"}},

	{host: "*api.openai.com", prefixes: []string{""}}, // eu.api.openai.com, us.api.openai.com
	{host: "api.anthropic.com", prefixes: []string{""}},
	{host: "api.mistral.ai", prefixes: []string{"mistral/"}},
	{host: "codestral.mistral.ai", prefixes: []string{"codestral/", "mistral/"}},
	{host: "api.deepseek.com", prefixes: []string{"deepseek/"}},
	{host: "*api.x.ai", prefixes: []string{"xai/"}},
	{host: "api.cohere.*", prefixes: []string{"cohere/", ""}},
	{host: "api.perplexity.ai", prefixes: []string{"perplexity/"}},
	{host: "api.ai21.com", prefixes: []string{""}},
	{host: "api.voyageai.com", prefixes: []string{"voyage/"}},
	{host: "api.moonshot.*", prefixes: []string{"moonshot/"}},
	{host: "api.z.ai", prefixes: []string{"zai/"}},
	{host: "open.bigmodel.cn", prefixes: []string{"bigmodel/"}},
	{host: "api.minimax*", prefixes: []string{"minimax/"}},
	{host: "dashscope*.aliyuncs.com", prefixes: []string{"dashscope/"}},
	{host: "ark.*.volces.com", prefixes: []string{"volcengine/", ""}},
	{host: "api.llama.com", prefixes: []string{"meta_llama/"}},
	{host: "api.inceptionlabs.ai", prefixes: []string{"inception/"}},

	{host: "api.groq.com", prefixes: []string{"groq/"}},
	{host: "api.together.*", prefixes: []string{"together_ai/"}},
	{host: "api.fireworks.ai", prefixes: []string{"fireworks_ai/"}},
	{host: "api.deepinfra.com", prefixes: []string{"deepinfra/"}},
	{host: "api.cerebras.ai", prefixes: []string{"cerebras/"}},
	{host: "api.sambanova.ai", prefixes: []string{"sambanova/"}},
	{host: "api.novita.ai", prefixes: []string{"novita/"}},
	{host: "api.*.nebius.*", prefixes: []string{"nebius/"}},
	{host: "api.hyperbolic.xyz", prefixes: []string{"hyperbolic/"}},
	{host: "inference.baseten.co", prefixes: []string{"baseten/"}},
	{host: "api.inference.wandb.ai", prefixes: []string{"wandb/"}},
	{host: "api.scaleway.ai", prefixes: []string{"scaleway/"}},
	{host: "*.endpoints.kepler.ai.cloud.ovh.net", prefixes: []string{"ovhcloud/"}},
	{host: "inference.api.nscale.com", prefixes: []string{"nscale/"}},
	{host: "inference.do-ai.run", prefixes: []string{"gradient_ai/"}},
	{host: "api.cloudflare.com", prefixes: []string{"cloudflare/"}},
	{host: "api.friendli.ai", prefixes: []string{"friendliai/"}},
	{host: "ollama.com", prefixes: []string{"ollama/"}},

	{host: "openrouter.ai", prefixes: []string{"openrouter/"}, gateway: true},
	{host: "ai-gateway.vercel.sh", prefixes: []string{"vercel_ai_gateway/"}, gateway: true},
}

// schemaPlaces are for hosts that are nobody's: a proxy, a gateway of one's own, localhost.
var schemaPlaces = map[string]place{
	"openai":    {prefixes: []string{""}, gateway: true},
	"azure":     {prefixes: []string{"azure/", "azure_ai/", ""}},
	"anthropic": {prefixes: []string{""}, gateway: true},
	"gemini":    {prefixes: []string{"gemini/", "vertex_ai/", ""}},
	"bedrock":   {prefixes: []string{"", "bedrock/"}},
}

// vendors are those that alone decide what their models cost, under the names that gateways put before a "/". Models
// with open weights cost something else at each host, so their makers are not here.
var vendors = map[string][]string{
	"openai":     {""},
	"anthropic":  {""},
	"google":     {"gemini/"},
	"mistralai":  {"mistral/"},
	"mistral":    {"mistral/"},
	"x-ai":       {"xai/"},
	"xai":        {"xai/"},
	"cohere":     {"cohere/", ""},
	"perplexity": {"perplexity/"},
}

// vendorPrefixes are for a name without a vendor at an endpoint that may pass on anyone's model.
var vendorPrefixes = []string{"", "gemini/", "mistral/", "xai/", "cohere/"}

// placeOf returns where to look for the models of an endpoint.
func placeOf(schema, host string) place {
	host = hostOnly(host)
	for _, p := range places {
		if ok, err := path.Match(p.host, host); err == nil && ok {
			p.prefixes = inRegion(p.prefixes, host)
			return p
		}
	}
	return schemaPlaces[schema]
}

// hostOnly takes off a port, and lowers the case. The port of Ollama tells more than its host.
func hostOnly(host string) string {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if name, port, ok := strings.Cut(host, ":"); ok && !strings.Contains(port, ":") {
		if port == "11434" {
			return "ollama.com"
		}
		return name
	}
	return host
}

// inRegion fills in {region}, and leaves out prefixes that need a region where the host has none.
func inRegion(prefixes []string, host string) []string {
	region := awsRegion(host)
	filled := make([]string, 0, len(prefixes))
	for _, p := range prefixes {
		if strings.Contains(p, "{region}") {
			if region == "" {
				continue
			}
			p = strings.ReplaceAll(p, "{region}", region)
		}
		filled = append(filled, p)
	}
	return filled
}

// awsRegion returns the label of a host that has the form of an AWS region: eu-central-1, us-gov-west-1.
func awsRegion(host string) string {
	for label := range strings.SplitSeq(host, ".") {
		i := strings.LastIndexByte(label, '-')
		if i > 3 && i == len(label)-2 && digits(label[i+1:]) && label[2] == '-' {
			return label
		}
	}
	return ""
}
