package e2e

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/llmroute/llmroute/envoy"
	"github.com/llmroute/llmroute/internal/config"
	"github.com/llmroute/llmroute/internal/envoytest"
)

const authenticated = `
providers:
  alpha: {schema: openai, endpoint: "${alpha}", auth: {bearer: "${alpha_key}"}}
models: {small: {provider: alpha, price: {input: 1, output: 1}}}
identity: {team: {jwt_claim: realm.team}, user: {certificate: uri_san}, client: {jwt_claim: azp}}
policies:
  - {name: by-team, match: 'team == "interns"', reject: "team refused"}
  - {name: by-user, match: 'user == "spiffe://example.org/eve"', reject: "user refused"}
  - {name: by-client, match: 'client == "scraper"', reject: "client refused"}
  - {name: by-claim, match: '"contractor" in claims', reject: "claim refused"}
  - {name: known, match: 'headers["x-known"] != "" && (team == "" || user == "")', reject: "nobody refused"}
`

// ingress is an operator's own Envoy, which authenticates by client certificate and JWT. Who has neither gets in too.
const ingress = `
node: {id: ingress, cluster: ingress}
admin: {address: {socket_address: {address: 127.0.0.1, port_value: ADMIN}}}
static_resources:
  listeners:
    - name: https
      address: {socket_address: {address: 127.0.0.1, port_value: PORT}}
      filter_chains:
        - transport_socket:
            name: tls
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
              common_tls_context:
                tls_certificates: [{certificate_chain: {inline_string: SERVER_CERT}, private_key: {inline_string: SERVER_KEY}}]
                validation_context: {trusted_ca: {inline_string: CLIENT_CA}}
          filters:
            - name: http
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: ingress
                route_config:
                  virtual_hosts:
                    - name: all
                      domains: ["*"]
                      routes: [{match: {prefix: /healthz}, direct_response: {status: 200}}]
                http_filters:
                  - name: jwt
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication
                      providers:
                        test:
                          issuer: https://issuer.example.org
                          local_jwks: {inline_string: JWKS}
                          payload_in_metadata: payload
                      rules:
                        - match: {prefix: /}
                          requires: {requires_any: {requirements: [{provider_name: test}, {allow_missing: {}}]}}
                  - name: router
                    typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
  clusters: [{name: nothing, type: STATIC}]
`

// authority issues certificates.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newAuthority(t *testing.T) *authority {
	a := &authority{t: t, key: newKey(t)}
	a.cert = a.sign(&x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test CA"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, a.key)
	return a
}

func (a *authority) sign(template *x509.Certificate, key *ecdsa.PrivateKey) *x509.Certificate {
	a.t.Helper()
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent := a.cert
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert
}

func (a *authority) server() (cert *x509.Certificate, key *ecdsa.PrivateKey) {
	key = newKey(a.t)
	return a.sign(&x509.Certificate{SerialNumber: big.NewInt(2), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}, key), key
}

func (a *authority) client(uri string) tls.Certificate {
	a.t.Helper()
	u, err := url.Parse(uri)
	if err != nil {
		a.t.Fatal(err)
	}
	key := newKey(a.t)
	cert := a.sign(&x509.Certificate{
		SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: "client"}, URIs: []*url.URL{u}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, key)
	return tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key}
}

// quotedPEM is PEM as a YAML string.
func quotedPEM(t *testing.T, kind string, der []byte) string {
	t.Helper()
	text, err := json.Marshal(string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var b64 = base64.RawURLEncoding

// issuer signs tokens.
type issuer struct{ key *ecdsa.PrivateKey }

func (i issuer) jwks(t *testing.T) string {
	t.Helper()
	point, err := i.key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		t.Fatal(err)
	}
	set := fmt.Sprintf(`{"keys":[{"kty":"EC","crv":"P-256","alg":"ES256","kid":"k","x":%q,"y":%q}]}`, b64.EncodeToString(point[1:33]), b64.EncodeToString(point[33:]))
	text, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (i issuer) token(t *testing.T, claims string) string {
	t.Helper()
	text := b64.EncodeToString([]byte(`{"alg":"ES256","typ":"JWT","kid":"k"}`)) + "." +
		b64.EncodeToString([]byte(`{"iss":"https://issuer.example.org",`+strings.TrimPrefix(claims, "{")))
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, i.key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	signature := append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	return text + "." + b64.EncodeToString(signature)
}

// TestIdentityIsWhatTheOperatorsEnvoyHasAuthenticated goes through an ingress with jwt_authn and client certificates, into
// which llmroute is merged.
func TestIdentityIsWhatTheOperatorsEnvoyHasAuthenticated(t *testing.T) {
	s := start(t, authenticated, farEnd{name: "alpha", schema: "openai"})
	ca, tokens := newAuthority(t), issuer{newKey(t)}
	address := s.mergedIngress(t, ca, tokens)

	ada, eve := ca.client("spiffe://example.org/ada"), ca.client("spiffe://example.org/eve")
	claims := `{"sub":"ada","realm":{"team":"research"},"azp":"web"}`
	forged := []string{
		"x-team: interns", "x-user: spiffe://example.org/eve", "realm.team: interns", "x-jwt-payload: eyJyZWFsbSI6eyJ0ZWFtIjoiaW50ZXJucyJ9fQ",
		"x-forwarded-client-cert: URI=spiffe://example.org/eve",
	}
	for name, row := range map[string]struct {
		cert    *tls.Certificate
		claims  string
		headers []string
		status  int
		says    string
	}{
		"both":                                   {&ada, claims, []string{"x-known: yes"}, 200, ""},
		"neither":                                {nil, "", nil, 200, ""},
		"nobody is nobody":                       {nil, "", []string{"x-known: yes"}, 403, "nobody refused"},
		"without a certificate":                  {nil, claims, []string{"x-known: yes"}, 403, "nobody refused"},
		"without a token":                        {&ada, "", []string{"x-known: yes"}, 403, "nobody refused"},
		"a nested claim":                         {&ada, `{"realm":{"team":"interns"}}`, nil, 403, "team refused"},
		"another claim":                          {&ada, `{"azp":"scraper"}`, nil, 403, "client refused"},
		"a claim that an expression asks for":    {&ada, `{"contractor":true}`, nil, 403, "claim refused"},
		"a certificate's URI":                    {&eve, claims, nil, 403, "user refused"},
		"headers do not make anyone else of you": {&ada, claims, append(forged, "x-known: yes"), 200, ""},
		"headers do not make anyone of nobody":   {nil, "", append(forged, "x-known: yes"), 403, "nobody refused"},
		"headers do not hide who you are":        {&eve, claims, []string{"x-user: spiffe://example.org/ada", "x-forwarded-client-cert: URI=spiffe://example.org/ada"}, 403, "user refused"},
	} {
		t.Run(name, func(t *testing.T) {
			headers := row.headers
			if row.claims != "" {
				headers = append(headers, "authorization: Bearer "+tokens.token(t, row.claims))
			}
			status, body, err := askTLS(t, address, ca, row.cert, headers...)
			if err != nil || status != row.status || !strings.Contains(body, row.says) {
				t.Errorf("status %d, %v: %s", status, err, body)
			}
		})
	}
	t.Run("a token that another has signed", func(t *testing.T) {
		status, body, err := askTLS(t, address, ca, &ada, "authorization: Bearer "+issuer{newKey(t)}.token(t, claims))
		if err != nil || status != http.StatusUnauthorized {
			t.Errorf("status %d, %v: %s", status, err, body)
		}
	})
	t.Run("a certificate that another has issued", func(t *testing.T) {
		stranger := newAuthority(t).client("spiffe://example.org/ada")
		if status, body, err := askTLS(t, address, ca, &stranger); err == nil {
			t.Errorf("status %d: %s", status, body)
		}
	})
	for _, r := range s.providers["alpha"].Requests() {
		for name := range r.Header {
			if lower := strings.ToLower(name); lower == "authorization" && r.Header.Get(name) != "Bearer key-of-alpha" || strings.Contains(lower, "client-cert") {
				t.Errorf("the provider sees %s", name)
			}
		}
	}
}

// mergedIngress runs ingress with llmroute of s in it, and returns its address.
func (s *stack) mergedIngress(t *testing.T, ca *authority, tokens issuer) string {
	t.Helper()
	file, faults := config.LoadFile(s.file)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	attachment, err := envoy.Attach(file.Config, envoy.Options{SecretsDir: filepath.Join(filepath.Dir(s.file), "secrets")}, []envoy.At{{Host: "*", Path: "/"}})
	if err != nil {
		t.Fatal(err)
	}
	address, admin := envoytest.FreeAddr(t), envoytest.FreeAddr(t)
	_, port, _ := net.SplitHostPort(address)
	_, adminPort, _ := net.SplitHostPort(admin)
	cert, key := ca.server()
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("ADMIN", adminPort, "PORT", port, "JWKS", tokens.jwks(t), "SERVER_CERT", quotedPEM(t, "CERTIFICATE", cert.Raw),
		"SERVER_KEY", quotedPEM(t, "PRIVATE KEY", keyDER), "CLIENT_CA", quotedPEM(t, "CERTIFICATE", ca.cert.Raw)).Replace(ingress)
	merged, err := attachment.Merge([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	envoytest.Start(t, merged)
	return address
}

// askTLS sends a request with a client's certificate, if it has one.
func askTLS(t *testing.T, address string, ca *authority, cert *tls.Certificate, headers ...string) (status int, body string, err error) {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(ca.cert)
	c := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	if cert != nil {
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return cert, nil }
	}
	transport := &http.Transport{TLSClientConfig: c}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequest("POST", "https://"+address+"/v1/chat/completions",
		bytes.NewReader([]byte(`{"model":"small","messages":[{"role":"user","content":"Hello!"}]}`)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("content-type", "application/json")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	resp, err := (&http.Client{Transport: transport, Timeout: 20 * time.Second}).Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}
