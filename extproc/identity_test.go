package extproc

import (
	"math/rand/v2"
	"testing"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	extprocv3 "github.com/envoyproxy/go-control-plane/envoy/service/ext_proc/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/llmroute/llmroute/extproc/schema/openai"
	"github.com/llmroute/llmroute/policy"
)

// fromEnvoy is a stream after its first message: headers, the claims of a JWT, and attributes, as Envoy sends them.
func fromEnvoy(t *testing.T, claims, attributes map[string]any, head ...*corev3.HeaderValue) *stream {
	t.Helper()
	structOf := func(m map[string]any) *structpb.Struct {
		s, err := structpb.NewStruct(m)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	in := &extprocv3.ProcessingRequest{
		Request: &extprocv3.ProcessingRequest_RequestHeaders{RequestHeaders: &extprocv3.HttpHeaders{Headers: &corev3.HeaderMap{Headers: head}}},
	}
	if claims != nil {
		in.MetadataContext = &corev3.Metadata{FilterMetadata: map[string]*structpb.Struct{
			"other":         structOf(map[string]any{"payload": map[string]any{"sub": "another's"}}),
			claimsNamespace: structOf(map[string]any{"payload": claims, "elsewhere": map[string]any{"sub": "another's"}}),
		}}
	}
	if attributes != nil {
		in.Attributes = map[string]*structpb.Struct{"envoy.filters.http.ext_proc": structOf(attributes)}
	}
	raw, err := proto.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	msg, err := decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	return &stream{head: msg.headers, metadata: msg.metadata, attributes: msg.attributes, client: openai.Client{}, server: &Server{}}
}

func TestClaimsReadAsText(t *testing.T) {
	st := fromEnvoy(t, map[string]any{
		"sub": "ada", "empty": "", "n": 12345678901.0, "half": 0.5, "yes": true, "nothing": nil,
		"groups": []any{"a", "b", 3.0}, "realm": map[string]any{"team": "x", "deep.er": map[string]any{"role": "r"}},
		"https://example.com/team": "named", "realm.flat": "flat", "a": map[string]any{"b": "inner"}, "a.b": "outer",
	}, nil)
	for name, want := range map[string]string{
		"sub": "ada", "empty": "", "n": "12345678901", "half": "0.5", "yes": "true", "nothing": "", "groups": "a,b,3",
		"realm": "", "realm.team": "x", "realm.deep.er.role": "r", "https://example.com/team": "named", "realm.flat": "flat",
		"a.b": "outer", "absent": "", "realm.absent": "", "sub.x": "", ".": "", "": "", "realm.": "", ".realm": "",
	} {
		if got := st.claim(name); got != want {
			t.Errorf("claim %q is %q, want %q", name, got, want)
		}
	}
}

func TestIdentityComesFromItsSourceAndNoOther(t *testing.T) {
	forged := []*corev3.HeaderValue{
		{Key: "x-team", RawValue: []byte("forged")}, {Key: "team", RawValue: []byte("forged")}, {Key: "uri_san", RawValue: []byte("forged")},
		{Key: "connection.uri_san_peer_certificate", RawValue: []byte("forged")}, {Key: "x-jwt-payload", RawValue: []byte(`{"team":"forged"}`)},
	}
	claims := map[string]any{"team": "true"}
	certificate := map[string]any{
		"connection.uri_san_peer_certificate": "true", "connection.dns_san_peer_certificate": "dns", "connection.subject_peer_certificate": "CN=s",
	}
	for name, row := range map[string]struct {
		source             Source
		claims, attributes map[string]any
		want               string
	}{
		"a header":                    {Source{Header: "x-team"}, claims, certificate, "forged"},
		"a claim":                     {Source{Claim: "team"}, claims, certificate, "true"},
		"a claim, without a JWT":      {Source{Claim: "team"}, nil, certificate, ""},
		"a claim that is not there":   {Source{Claim: "x-team"}, claims, certificate, ""},
		"a URI":                       {Source{Certificate: "uri_san"}, claims, certificate, "true"},
		"a DNS name":                  {Source{Certificate: "dns_san"}, claims, certificate, "dns"},
		"a subject":                   {Source{Certificate: "subject"}, claims, certificate, "CN=s"},
		"without a certificate":       {Source{Certificate: "uri_san"}, claims, nil, ""},
		"a certificate without one":   {Source{Certificate: "uri_san"}, claims, map[string]any{"xds.route_name": "r"}, ""},
		"nothing":                     {Source{}, claims, certificate, ""},
		"attributes beside a route's": {Source{Certificate: "dns_san"}, nil, map[string]any{attrRoute: "code", "connection.dns_san_peer_certificate": "dns"}, "dns"},
	} {
		t.Run(name, func(t *testing.T) {
			st := fromEnvoy(t, row.claims, row.attributes, forged...)
			st.snapshot = &Snapshot{Identity: Identity{Team: row.source, User: row.source, Client: row.source}}
			var f policy.Features
			st.identify(&f)
			if f.Team != row.want || f.User != row.want || f.Client != row.want || f.Now.IsZero() {
				t.Errorf("%q, %q and %q, want %q", f.Team, f.User, f.Client, row.want)
			}
		})
	}
}

func TestExplainingTakesClaimsAndCertificatesAsServingDoes(t *testing.T) {
	router, err := policy.New(policy.Spec{
		Candidates: []policy.Candidate{{Model: "m", Provider: "p", Ops: map[string]bool{"chat_completions": true}}},
		Routes:     []policy.Route{{Name: "default", Models: []string{"*"}, Strategy: "priority"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := &Snapshot{Router: router, MaxBodyBytes: 1 << 20, Identity: Identity{
		Team: Source{Claim: "realm.team"}, User: Source{Certificate: "uri_san"}, Client: Source{Claim: "azp"},
	}}
	f, _, refused := s.Explain(Question{
		Body: []byte(`{"messages":[]}`), Claims: [][2]string{{"azp", "web"}, {"realm.team", "x"}}, Certificate: [][2]string{{"uri_san", "spiffe://a/b"}},
	}, rand.New(rand.NewPCG(1, 1)))
	if refused != nil || f.Team != "x" || f.User != "spiffe://a/b" || f.Client != "web" || f.Claim("azp") != "web" {
		t.Errorf("%+v, %v", f, refused)
	}
}

// FuzzClaims holds the reading of claims against protobuf's own.
func FuzzClaims(f *testing.F) {
	s, err := structpb.NewStruct(map[string]any{"payload": map[string]any{"a": "b", "n": 1.5, "l": []any{"x"}}})
	if err != nil {
		f.Fatal(err)
	}
	raw, err := proto.Marshal(&corev3.Metadata{FilterMetadata: map[string]*structpb.Struct{claimsNamespace: s}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw, "a")
	f.Add(raw[:len(raw)-3], "a.b.c")
	f.Fuzz(func(t *testing.T, raw []byte, name string) {
		st := &stream{metadata: raw}
		got := st.claim(name)
		var m corev3.Metadata
		if proto.Unmarshal(raw, &m) != nil {
			return
		}
		again, err := proto.Marshal(&m)
		if err != nil || len(again) != len(raw) {
			return // something came twice, or at length
		}
		v := m.GetFilterMetadata()[claimsNamespace].GetFields()[claimsKey].GetStructValue().GetFields()[name]
		if text, ok := v.GetKind().(*structpb.Value_StringValue); ok && text.StringValue != got {
			t.Errorf("claim %q is %q, and protobuf reads %q", name, got, text.StringValue)
		}
		if v.GetStructValue() != nil && got != "" {
			t.Errorf("claim %q is an object, and reads %q", name, got)
		}
	})
}
