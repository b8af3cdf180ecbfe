// Package bedrock speaks the Converse API of AWS Bedrock Runtime, as a provider.
//
//	POST /model/{modelId}/converse          one answer
//	POST /model/{modelId}/converse-stream   application/vnd.amazon.eventstream: binary frames with JSON payloads
//
// Requests are signed by Envoy (aws_request_signing), after this translation.
//
// Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html and
// API_runtime_ConverseStream.html; the shapes are those of aws-sdk-go-v2/service/bedrockruntime v1.63.
package bedrock

import (
	"strings"

	"github.com/llmroute/llmroute/extproc/schema"
)

// Provider is Converse's face towards Bedrock.
type Provider struct{}

var _ schema.Provider = Provider{}

// Format implements schema.Provider.
func (Provider) Format() schema.Format { return schema.Bedrock }

// Locate implements schema.Provider. The model id is escaped as AWS's SDKs do it: "%3A" for its colon, "%2F" for the
// slash of an ARN, which the signature counts on.
func (Provider) Locate(prefix string, op schema.Op, model string, stream bool) (string, bool) {
	path := strings.TrimSuffix(prefix, "/") + "/model/" + escape(model)
	switch {
	case op == schema.OpConverse && stream:
		return path + "/converse-stream", true
	case op == schema.OpConverse:
		return path + "/converse", true
	case op == schema.OpCountTokens:
		return path + "/count-tokens", true
	}
	return "", false
}

// escape leaves only RFC 3986's unreserved characters as they are.
func escape(s string) string {
	const hex = "0123456789ABCDEF"
	b := make([]byte, 0, len(s)+8)
	for i := range len(s) {
		c := s[i]
		if isLetterOrDigit(c) || strings.IndexByte("-_.~", c) >= 0 {
			b = append(b, c)
			continue
		}
		b = append(b, '%', hex[c>>4], hex[c&15])
	}
	return string(b)
}

func isLetterOrDigit(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}
