package envoy

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	tlsv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	matcherv3 "github.com/envoyproxy/go-control-plane/envoy/type/matcher/v3"
)

// systemCAFiles is where systems keep the certificates that they trust, in one file.
var systemCAFiles = [...]string{
	"/etc/ssl/certs/ca-certificates.crt",                // Debian, Ubuntu, Alpine, Arch, distroless
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // Fedora, RHEL, Amazon Linux
	"/etc/pki/tls/certs/ca-bundle.crt",                  // older RHEL
	"/etc/ssl/ca-bundle.pem",                            // SUSE
	"/etc/pki/tls/cacert.pem",                           // OpenELEC
	"/etc/ssl/cert.pem",                                 // macOS, BSD
}

// tls is the transport socket towards an endpoint, nil for plain text. own is the CA file to use instead of the
// common one, and setting where it is configured; version is the HTTP version.
func (b *builder) tls(setting string, e endpoint, own, version string) *corev3.TransportSocket {
	if !e.tls {
		return nil
	}
	ca, err := b.caFile(own)
	if err != nil {
		b.fail(fmt.Errorf("%s: %w", setting, err))
	}
	trust := &tlsv3.CertificateValidationContext{TrustedCa: &corev3.DataSource{
		Specifier: &corev3.DataSource_Filename{Filename: ca},
	}}
	ctx := &tlsv3.UpstreamTlsContext{
		CommonTlsContext: &tlsv3.CommonTlsContext{
			TlsParams:             &tlsv3.TlsParameters{TlsMinimumProtocolVersion: tlsv3.TlsParameters_TLSv1_2},
			ValidationContextType: &tlsv3.CommonTlsContext_ValidationContext{ValidationContext: trust},
			AlpnProtocols:         alpn(version),
		},
	}
	if e.ip { // SNI carries names only (RFC 6066, section 3)
		trust.MatchTypedSubjectAltNames = []*tlsv3.SubjectAltNameMatcher{{
			SanType: tlsv3.SubjectAltNameMatcher_IP_ADDRESS,
			Matcher: &matcherv3.StringMatcher{MatchPattern: &matcherv3.StringMatcher_Exact{Exact: e.host}},
		}}
	} else {
		ctx.Sni = e.host
		ctx.AutoSniSanValidation = true
	}
	return &corev3.TransportSocket{
		Name:       "envoy.transport_sockets.tls",
		ConfigType: &corev3.TransportSocket_TypedConfig{TypedConfig: b.pack(ctx)},
	}
}

// alpn names the HTTP version where it is fixed; where Envoy chooses it offers both by itself.
func alpn(version string) []string {
	switch version {
	case "1":
		return []string{"http/1.1"}
	case "2":
		return []string{"h2"}
	}
	return nil
}

func (b *builder) caFile(own string) (string, error) {
	if own != "" {
		if filepath.IsAbs(own) {
			return own, nil
		}
		return filepath.Abs(filepath.Join(b.options.BaseDir, own))
	}
	if b.options.CAFile != "" {
		return b.options.CAFile, nil
	}
	for _, path := range systemCAFiles {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
	}
	return "", errors.New("no file of trusted certificates found on this machine; name one")
}
