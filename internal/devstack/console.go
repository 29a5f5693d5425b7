package devstack

import (
	"github.com/perpetrator-register/register/internal/console"
	"github.com/perpetrator-register/register/internal/devstack/idp"
	"github.com/perpetrator-register/register/internal/refdata"
)

// ConsoleClient is the console's name at the development OpenID provider.
const ConsoleClient = "register-console"

// ConsoleConfig is a console that people sign in to with the accounts of the
// development OpenID provider, which its sign-in page lists by role.
func ConsoleConfig(provider *idp.Provider, ref *refdata.Set) *console.Config {
	c := &console.Config{}
	for _, i := range provider.Issuers() {
		title := "National"
		if len(i.Forces) > 0 {
			title = i.Forces[0]
			if f, ok := ref.Force(title); ok {
				title = f.Name
			}
		}
		c.Providers = append(c.Providers, console.ProviderConfig{Issuer: i.URL, Title: title, ClientID: ConsoleClient})
	}
	for _, a := range provider.Accounts() {
		issuer, err := provider.Issuer(a.Login)
		if err != nil || len(a.Roles) == 0 {
			continue
		}
		c.Accounts = append(c.Accounts, console.Account{Login: a.Login, Issuer: issuer, Name: a.Name, Force: a.Force, Role: a.Roles[0]})
	}
	return c
}
