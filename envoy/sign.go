package envoy

import (
	"fmt"
	"path/filepath"
	"time"

	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpointv3 "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	awsv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/common/aws/v3"
	signingv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/aws_request_signing/v3"
	gcpv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/gcp_authn/v3"
	hcmv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	oauth2v3 "github.com/envoyproxy/go-control-plane/envoy/extensions/http/injected_credentials/oauth2/v3"
	matcherv3 "github.com/envoyproxy/go-control-plane/envoy/type/matcher/v3"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/llmroute/llmroute/internal/config"
)

// tokenTimeout bounds the fetch of an access token, which the first requests wait for.
const tokenTimeout = 5 * time.Second

// gcpMetadata is Google's metadata server, as Google documents it.
const gcpMetadata = "http://metadata.google.internal"

// signs reports whether Envoy signs each request, which it can do only where the request is complete.
func (p *provider) signs() bool {
	return p.config.Auth != nil && (p.config.Auth.AWS != nil || p.config.Auth.GCP != nil)
}

// cluster is the name of the provider's own cluster.
func (p *provider) cluster() string {
	if p.signs() {
		return p.name + SignedSuffix
	}
	return p.name
}

// signer comes after the adapt stage. Signing holds the body, and what does that among upstream filters crashes
// Envoy 1.40.0.
func (b *builder) signer(p *provider) *hcmv3.HttpFilter {
	if p.config.Auth.GCP != nil {
		return b.filter("llmroute.sign", &gcpv3.GcpAuthnFilterConfig{
			Cluster:     p.name + TokenSuffix,
			Timeout:     durationpb.New(tokenTimeout),
			CacheConfig: &gcpv3.TokenCacheConfig{CacheSize: wrapperspb.UInt64(1)},
			Audience:    gcpToken(p.config.Auth.GCP.Audience),
		})
	}
	auth := p.config.Auth.AWS
	region := auth.Region
	if region == "" {
		region = p.config.Region
	}
	sign := &signingv3.AwsRequestSigning{
		ServiceName: auth.Service,
		Region:      region,
		// The rest changes on its way, and the signature with it. Host and date are always signed.
		MatchIncludedHeaders: []*matcherv3.StringMatcher{
			{MatchPattern: &matcherv3.StringMatcher_Exact{Exact: "content-type"}},
		},
	}
	for _, cred := range p.credentials {
		if cred.form == awsProfile {
			sign.CredentialProvider = &awsv3.AwsCredentialProvider{
				CustomCredentialProviderChain: true, // these keys and no others
				CredentialsFileProvider:       b.awsFile(cred),
			}
		}
	}
	return b.filter("llmroute.sign", sign)
}

func (b *builder) awsFile(cred Credential) *awsv3.CredentialsFileCredentialProvider {
	return &awsv3.CredentialsFileCredentialProvider{CredentialsDataSource: &corev3.DataSource{
		Specifier:        &corev3.DataSource_Filename{Filename: filepath.Join(b.options.SecretsDir, cred.file)},
		WatchedDirectory: &corev3.WatchedDirectory{Path: b.options.SecretsDir},
	}}
}

// gcpToken is an identity token for an audience, or without one the access token that Google's own APIs want.
func gcpToken(audience string) *gcpv3.Audience {
	if audience != "" {
		return &gcpv3.Audience{Url: audience}
	}
	return &gcpv3.Audience{AccessToken: &gcpv3.Audience_AccessToken{}}
}

// oauth2 fetches tokens by the client-credentials grant (RFC 6749, section 4.4) and renews them in time.
func (b *builder) oauth2(auth *config.OAuth2Auth, cred Credential) *oauth2v3.OAuth2 {
	return &oauth2v3.OAuth2{
		TokenEndpoint: &corev3.HttpUri{
			Uri:              auth.TokenEndpoint,
			HttpUpstreamType: &corev3.HttpUri_Cluster{Cluster: cred.Provider + TokenSuffix},
			Timeout:          durationpb.New(tokenTimeout),
		},
		Scopes:                  auth.Scopes,
		TokenFetchRetryInterval: durationpb.New(time.Second), // the least; the very first fetch may come too early
		FlowType: &oauth2v3.OAuth2_ClientCredentials_{ClientCredentials: &oauth2v3.OAuth2_ClientCredentials{
			ClientId:     auth.ClientID,
			ClientSecret: cred.sds(b.options.SecretsDir),
			AuthType:     oauth2v3.OAuth2_URL_ENCODED_BODY, // the form that Entra ID takes, as others do
		}},
	}
}

// tokenSources are the clusters that a provider's tokens come from: one, or none.
func (b *builder) tokenSources(p *provider) []*clusterv3.Cluster {
	var url, setting string
	switch auth := p.config.Auth; {
	case auth == nil:
		return nil
	case auth.GCP != nil:
		url, setting = gcpMetadata, "gcp"
	case auth.OAuth2 != nil:
		url, setting = auth.OAuth2.TokenEndpoint, "oauth2.token_endpoint"
	default:
		return nil
	}
	setting = "providers." + p.name + ".auth." + setting
	e, err := parseEndpoint(url)
	if err != nil {
		b.fail(fmt.Errorf("%s: %w", setting, err))
		return nil
	}
	name := p.name + TokenSuffix
	c := &clusterv3.Cluster{
		Name:                 name,
		ClusterDiscoveryType: &clusterv3.Cluster_Type{Type: clusterv3.Cluster_STRICT_DNS},
		ConnectTimeout:       durationpb.New(b.config.Timeouts.Connect),
		DnsLookupFamily:      clusterv3.Cluster_V4_PREFERRED,
		LoadAssignment: &endpointv3.ClusterLoadAssignment{
			ClusterName: name,
			Endpoints:   locality(&endpointv3.Endpoint{Address: socket(e.host, e.port), Hostname: e.authority}),
		},
		TransportSocket: b.tls(setting, e, "", "1"),
	}
	if e.ip {
		c.ClusterDiscoveryType = &clusterv3.Cluster_Type{Type: clusterv3.Cluster_STATIC}
	}
	return []*clusterv3.Cluster{c}
}
