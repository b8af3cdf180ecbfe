package envoy

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	tlsv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	discoveryv3 "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/llmroute/llmroute/internal/config"
)

// Credential is what Envoy reads from a file of its own: a provider's key, or a further header of it, which may be
// as private.
type Credential struct {
	Provider string
	Header   string // empty if form is not headerValue
	form     form
	file     string
	value    config.Secret // what form says
}

// form is what a secret is used for.
type form int

const (
	headerValue  form = iota // the whole value of Header
	awsProfile               // the text of an AWS credentials file
	oauth2Secret             // what tokens are fetched with
)

// profile is a credentials file as AWS's own tools read it.
func profile(a *config.AWSAuth) config.Secret {
	text := "[default]\naws_access_key_id=" + a.AccessKeyID.Reveal() + "\naws_secret_access_key=" + a.SecretAccessKey.Reveal() + "\n"
	if !a.SessionToken.IsZero() {
		text += "aws_session_token=" + a.SessionToken.Reveal() + "\n"
	}
	return config.NewSecret(text)
}

// Credentials returns all that Envoy reads from files, in the order of the configuration.
func Credentials(c *config.Config) ([]Credential, error) {
	var all []Credential
	for _, p := range usable(c) {
		some, err := credentials(p.Name, p.Value)
		if err != nil {
			return nil, fmt.Errorf("providers.%s%w", p.Name, err)
		}
		all = append(all, some...)
	}
	return all, nil
}

// credentials returns one provider's. Errors start with the setting's path below the provider.
func credentials(provider string, p config.Provider) ([]Credential, error) {
	var all []Credential
	for _, h := range p.Headers {
		all = append(all, Credential{
			Provider: provider,
			Header:   h.Name,
			file:     provider + "." + strings.ToLower(h.Name) + ".yaml",
			value:    config.NewSecret(h.Value),
		})
	}
	key := Credential{Provider: provider, file: provider + ".yaml"}
	switch auth := p.Auth; {
	case auth == nil:
		return all, nil
	case !auth.Bearer.IsZero():
		key.Header, key.value = "Authorization", config.NewSecret("Bearer "+auth.Bearer.Reveal())
	case auth.Header != "" && !auth.Value.IsZero():
		key.Header, key.value = auth.Header, auth.Value
	case auth.AWS != nil:
		if auth.AWS.AccessKeyID.IsZero() {
			return all, nil // Envoy finds credentials by itself
		}
		key.form, key.file, key.value = awsProfile, provider+".aws", profile(auth.AWS)
	case auth.GCP != nil:
		return all, nil
	case auth.OAuth2 != nil:
		key.form, key.value = oauth2Secret, auth.OAuth2.ClientSecret
	case auth.TokenFile != "":
		return nil, errors.New(".auth.token_file: not yet supported; use bearer, and rotate by running llmroute envoy --secrets again")
	default:
		return nil, errors.New(".auth: needs bearer, or header and value")
	}
	return append(all, key), nil // last: nothing may overwrite the key
}

// WriteSecrets writes one file a credential into dir, readable by the owner alone. Each appears by a rename, which
// is what Envoy watches for, so that running it again rotates keys under a running Envoy. Without credentials
// nothing is written, not even dir.
func WriteSecrets(dir string, all []Credential) error {
	if len(all) == 0 {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, cred := range all {
		if err := cred.write(filepath.Join(dir, cred.file)); err != nil {
			return fmt.Errorf("the secret file %s: %w", cred.file, err)
		}
	}
	return nil
}

func (c Credential) write(path string) (err error) {
	text := []byte(c.value.Reveal())
	if c.form != awsProfile {
		if text, err = c.discovery(); err != nil {
			return err
		}
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(tmp.Name())
		}
	}()
	_, err = tmp.Write(text)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

// discovery is the file's text: a discovery response with one generic secret.
func (c Credential) discovery() ([]byte, error) {
	secret, err := anypb.New(&tlsv3.Secret{
		Name: c.file,
		Type: &tlsv3.Secret_GenericSecret{GenericSecret: &tlsv3.GenericSecret{Secret: &corev3.DataSource{
			Specifier: &corev3.DataSource_InlineString{InlineString: c.value.Reveal()},
		}}},
	})
	if err != nil {
		return nil, err
	}
	return YAML(&discoveryv3.DiscoveryResponse{Resources: []*anypb.Any{secret}})
}

// sds points Envoy to the file in dir. Envoy wants one secret in one file.
func (c Credential) sds(dir string) *tlsv3.SdsSecretConfig {
	return &tlsv3.SdsSecretConfig{
		Name: c.file,
		SdsConfig: &corev3.ConfigSource{
			ResourceApiVersion: corev3.ApiVersion_V3,
			ConfigSourceSpecifier: &corev3.ConfigSource_PathConfigSource{PathConfigSource: &corev3.PathConfigSource{
				Path:             filepath.Join(dir, c.file),
				WatchedDirectory: &corev3.WatchedDirectory{Path: dir},
			}},
		},
	}
}
