package envoy_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/llmroute/llmroute/internal/config"
	"github.com/llmroute/llmroute/internal/floor"
)

func TestProvidersOverTLSAreWhoTheyClaimToBe(t *testing.T) {
	cases := []struct {
		name      string
		host      string // in the endpoint
		cert      string // whom the certificate names
		http      string
		otherCA   bool
		wantProto string // empty: refused
	}{
		{"a name in the certificate, HTTP/2 by ALPN", "localhost", "localhost", "auto", false, "HTTP/2.0"},
		{"HTTP/1.1 if the configuration says so", "localhost", "localhost", "1", false, "HTTP/1.1"},
		{"HTTP/2 if the configuration says so", "localhost", "localhost", "2", false, "HTTP/2.0"},
		{"an IP address in the certificate", "127.0.0.1", "127.0.0.1", "auto", false, "HTTP/2.0"},
		{"a certificate for another name", "localhost", "other.example.com", "auto", false, ""},
		{"a certificate for another address", "127.0.0.1", "127.0.0.2", "auto", false, ""},
		{"an issuer that is not trusted", "localhost", "localhost", "auto", true, ""},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			proto := make(chan string, 4)
			cert, ca := certificate(t, tc.cert)
			if tc.otherCA {
				_, ca = certificate(t, tc.cert)
			}
			srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				proto <- r.Proto
				fmt.Fprintf(w, "%s %s", r.Host, r.TLS.ServerName)
			}))
			srv.EnableHTTP2 = true
			srv.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
			srv.Config.ErrorLog = log.New(io.Discard, "", 0) // it complains of the handshakes that must fail
			srv.StartTLS()
			t.Cleanup(func() { srv.CloseClientConnections(); srv.Close() })
			_, port, _ := net.SplitHostPort(srv.Listener.Addr().String())
			r := newRig(t, rigging{
				plan: floor.Plan{Clusters: []string{"a"}, Metadata: map[string]string{"provider": "a"}},
				edit: func(c *config.Config) {
					c.Providers = config.Map[config.Provider]{{Name: "a", Value: config.Provider{
						Endpoint: "https://" + tc.host + ":" + port, HTTP: tc.http, CAFile: ca,
					}}}
				},
			})
			got := r.post([]byte("{}"))
			if tc.wantProto == "" {
				if got.status != 503 || len(proto) != 0 {
					t.Errorf("status %d, %d requests came through", got.status, len(proto))
				}
				return
			}
			sni := tc.host
			if net.ParseIP(sni) != nil {
				sni = "" // SNI has names only
			}
			if want := tc.host + ":" + port + " " + sni; got.status != 200 || got.body != want {
				t.Fatalf("got %d %q, want %q", got.status, got.body, want)
			}
			if p := <-proto; p != tc.wantProto {
				t.Errorf("%s, want %s", p, tc.wantProto)
			}
		})
	}
}

// certificate makes a self-signed certificate for a host and the path of a file to trust it by.
func certificate(t *testing.T, host string) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, path
}
