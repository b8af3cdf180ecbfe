package extproc

import (
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/llmroute/llmroute/policy"
)

// Identity says where the caller's identity stands.
type Identity struct{ Team, User, Client Source }

// Source is one place of a request; the zero value is none. At most one of its fields is set.
type Source struct {
	Header      string // in lower case
	Claim       string // of the JWT that Envoy has verified: a name, or a path with dots
	Certificate string // of the client, that Envoy has verified: "uri_san", "dns_san", "subject"
}

// Where Envoy's jwt_authn leaves the claims: in this namespace of the dynamic metadata, under the name that its
// payload_in_metadata gives.
const (
	claimsNamespace = "envoy.filters.http.jwt_authn"
	claimsKey       = "payload"
)

// certificateAttributes are Envoy's names for what stands in a verified client certificate.
var certificateAttributes = map[string]string{
	"uri_san": "connection.uri_san_peer_certificate",
	"dns_san": "connection.dns_san_peer_certificate",
	"subject": "connection.subject_peer_certificate",
}

// of reads the source. What the request says elsewhere does not count: where Envoy has nothing, it is empty.
func (s *Source) of(st *stream) string {
	switch {
	case s.Header != "":
		return st.head.get(s.Header)
	case s.Claim != "":
		return st.claim(s.Claim)
	case s.Certificate != "":
		return structText(st.attributes, certificateAttributes[s.Certificate])
	}
	return ""
}

// identify fills in what is known of the caller, and when they came.
func (st *stream) identify(f *policy.Features) {
	from := &st.snapshot.Identity
	f.Team, f.User, f.Client = from.Team.of(st), from.User.of(st), from.Client.of(st)
	if len(st.metadata) > 0 {
		f.Claim = st.claim
	}
	if f.Now = st.now; f.Now.IsZero() {
		f.Now = time.Now()
	}
}

// claim is a claim as text.
func (st *stream) claim(name string) string {
	claims := structValue(filterMetadata(st.metadata, claimsNamespace), claimsKey)
	return structText(valueFields(claims), name)
}

// structText looks a value up by its name or, where there is none, by the part of the name before a dot, and so on inside. Names
// may hold dots themselves, as those of claims that are URLs do.
func structText(fields []byte, name string) string {
	if v := structValue(fields, name); v != nil {
		return valueText(v)
	}
	for at := 0; ; at++ {
		dot := strings.IndexByte(name[at:], '.')
		if dot < 0 {
			return ""
		}
		at += dot
		if v := structValue(fields, name[:at]); v != nil {
			if text := structText(valueFields(v), name[at+1:]); text != "" {
				return text
			}
		}
	}
}

// claimsMetadata encodes claims as Envoy's jwt_authn would hand them over.
func claimsMetadata(claims [][2]string) []byte {
	if len(claims) == 0 {
		return nil
	}
	payload := textFields(claims)
	spaces := metadata(nil).entry(claimsKey, protowire.SizeTag(valueStruct)+protowire.SizeBytes(len(payload)))
	spaces = appendPart(spaces, valueStruct, payload)
	return append(metadata(nil).entry(claimsNamespace, len(spaces)), spaces...)
}

// certificateFields encodes what stands in a certificate, by the names of the configuration, as Envoy hands it over.
func certificateFields(certificate [][2]string) []byte {
	var named [][2]string
	for _, c := range certificate {
		named = append(named, [2]string{certificateAttributes[c[0]], c[1]})
	}
	return textFields(named)
}

func textFields(pairs [][2]string) metadata {
	var fields metadata
	for _, p := range pairs {
		fields = fields.text(p[0], p[1])
	}
	return fields
}
