// Package azure is the envelope that Azure OpenAI puts around OpenAI's formats: deployments in the path and an
// api-version in the query. Bodies, streams and errors are those of package openai.
//
// Source: https://learn.microsoft.com/azure/ai-services/openai/reference
package azure
