package envoy_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/llmroute/llmroute/internal/config"
	"github.com/llmroute/llmroute/internal/floor"
)

func TestARequestIsSignedForAWSAfterItWasAdapted(t *testing.T) {
	b := &farEnd{name: "b", auth: &config.Auth{AWS: &config.AWSAuth{
		Region: "us-east-1", Service: "bedrock", AccessKeyID: config.NewSecret("AKIDEXAMPLE"),
		SecretAccessKey: config.NewSecret("aws secret"), SessionToken: config.NewSecret("aws session"),
	}}}
	r := newRig(t, rigging{
		providers: []*farEnd{{name: "a", auth: bearer("key-a"), answer: fails(503)}, b},
		plan: floor.Plan{
			Clusters: []string{"a", "b.adapt"}, Metadata: map[string]string{"provider": "a"},
			Headers: map[string]string{"x-envoy-max-retries": "1"},
		},
	})
	for i, size := range []int{1 << 10, 6 << 20} {
		body := noise(size)
		got := r.post(body, append(clientSecrets, "content-type: application/json")...)
		if got.status != 200 || got.header.Get("x-llmroute-provider") != "b" {
			t.Fatalf("%d bytes: status %d %q", size, got.status, got.body)
		}
		g := b.requests()[i]
		if want := awsAuthorization(t, g, body); g.header.Get("Authorization") != want {
			t.Errorf("%d bytes: the signature is not that of AWS's own signer:\n got %s\nwant %s", size, g.header.Get("Authorization"), want)
		}
		if g.header.Get("X-Amz-Security-Token") != "aws session" || g.header.Get("X-Api-Key") != "" || g.header.Get("Cookie") != "" {
			t.Errorf("headers %v", g.header)
		}
	}
}

// awsAuthorization signs what arrived as AWS's SDK would have.
func awsAuthorization(t *testing.T, g received, body []byte) string {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, "http://"+g.host+g.path, nil)
	if err != nil {
		t.Fatal(err)
	}
	hash := sha256.Sum256(body)
	req.Header.Set("content-type", g.header.Get("content-type"))
	req.Header.Set("x-amz-content-sha256", hex.EncodeToString(hash[:]))
	at, err := time.Parse("20060102T150405Z", g.header.Get("x-amz-date"))
	if err != nil {
		t.Fatal(err)
	}
	creds := aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "aws secret", SessionToken: "aws session"}
	if err := v4.NewSigner().SignHTTP(context.Background(), creds, req, hex.EncodeToString(hash[:]), "bedrock", "us-east-1", at); err != nil {
		t.Fatal(err)
	}
	return req.Header.Get("Authorization")
}

func TestAnOAuth2TokenIsFetchedAndSent(t *testing.T) {
	var form string
	tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		form = r.PostForm.Encode()
		w.Header().Set("content-type", "application/json")
		fmt.Fprint(w, `{"access_token":"fetched","token_type":"Bearer","expires_in":3600}`)
	}))
	t.Cleanup(tokens.Close)
	a := &farEnd{name: "a", auth: &config.Auth{OAuth2: &config.OAuth2Auth{
		TokenEndpoint: tokens.URL + "/token", ClientID: "llmroute", ClientSecret: config.NewSecret("client secret"), Scopes: []string{"llm"},
	}}}
	r := newRig(t, rigging{providers: []*farEnd{a}, plan: floor.Plan{Clusters: []string{"a"}, Metadata: map[string]string{"provider": "a"}}})
	if !eventually(func() bool { return r.post([]byte("{}")).status == 200 }) {
		t.Fatal("no request came through")
	}
	if got := a.requests()[0].header.Get("Authorization"); got != "Bearer fetched" {
		t.Errorf("Authorization %q", got)
	}
	for _, want := range []string{"grant_type=client_credentials", "client_id=llmroute", "client_secret=client+secret", "scope=llm"} {
		if !strings.Contains(form, want) {
			t.Errorf("the token request %q lacks %s", form, want)
		}
	}
}
