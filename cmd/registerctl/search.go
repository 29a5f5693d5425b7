package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

// personFlags say who is asked for.
type personFlags struct {
	Given      string   `help:"Given names." group:"The person:"`
	Surname    string   `help:"Surname." group:"The person:"`
	Name       []string `help:"Whole name, when its parts are not known." sep:"none" group:"The person:"`
	Alias      []string `help:"Another name." sep:"none" group:"The person:"`
	DOB        string   `help:"Date of birth: 2001-02-03, 2001-02, 2001, or ~1980 for an estimate." name:"dob" placeholder:"DATE" group:"The person:"`
	Sex        string   `help:"M, F, N or NS." placeholder:"SEX" group:"The person:"`
	Phone      []string `help:"Telephone number." sep:"none" placeholder:"NUMBER" group:"The person:"`
	Email      []string `help:"E-mail address." sep:"none" placeholder:"ADDRESS" group:"The person:"`
	Handle     []string `help:"User name, as platform:name." sep:"none" placeholder:"PLATFORM:NAME" group:"The person:"`
	Vehicle    []string `help:"Vehicle registration mark." sep:"none" placeholder:"MARK" group:"The person:"`
	Postcode   []string `help:"Postcode, together with a name." sep:"none" group:"The person:"`
	Identifier []string `help:"Other identifier, such as pnc:1981/0000034U, cro:…, asn:…" sep:"none" placeholder:"KIND:VALUE" group:"The person:"`

	CriteriaFile string `help:"Read the criteria from a file as JSON (SearchCriteria, or Search with reason and all), or from standard input for -, so that nothing personal stands in the shell's history." placeholder:"FILE" group:"The person:"`
}

type searchCmd struct {
	personFlags

	Reason        string `help:"Reason code, such as CRIME_INVESTIGATION; see: registerctl codes searchReasons." placeholder:"CODE" group:"Why:"`
	Justification string `help:"Why, in words." placeholder:"TEXT" group:"Why:"`
	Reference     string `help:"Crime, incident or custody reference." placeholder:"REF" group:"Why:"`
	OnBehalfOf    string `help:"For whom you ask, such as a collar number." placeholder:"COLLAR" group:"Why:"`
}

const maxCriteria = 1 << 20

// Run searches. When there is no whole answer it says NOT CHECKED.
func (c *searchCmd) Run(a *app) error {
	search, err := c.search(a)
	if err != nil {
		return err
	}
	found, entry, err := c.ask(a, search)
	if err != nil {
		a.warn("NOT CHECKED. No search was made: this says nothing about the person.")
		return err
	}
	if a.JSON {
		err = a.printJSON(found)
		if entry != "" {
			a.warn("This search is recorded under your name, entry %s.", entry)
		}
	} else {
		a.showSearch(found)
		if entry != "" {
			a.say("This search is recorded under your name, entry %s.", entry)
		}
	}
	if err = errors.Join(err, a.writeErr); err != nil {
		a.warn("NOT CHECKED. The answer could not be shown in whole.")
		return err
	}
	if len(found.GetCandidates()) == 0 {
		return exitError(exitNoHit)
	}
	return nil
}

func (c *searchCmd) ask(a *app, search *registerv1.Search) (found *registerv1.Search, entry string, err error) {
	conn, err := a.connect()
	if err != nil {
		return nil, "", err
	}
	entry, err = a.call(func(ctx context.Context, opts ...grpc.CallOption) (err error) {
		found, err = registerv1.NewSearchServiceClient(conn).CreateSearch(ctx, &registerv1.CreateSearchRequest{Search: search}, opts...)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	return found, entry, checkOutcome(found)
}

// checkOutcome refuses an answer that does not say what it found: an empty
// list alone is no answer.
func checkOutcome(s *registerv1.Search) error {
	hit := s.GetOutcome() == registerv1.SearchOutcome_SEARCH_OUTCOME_HIT
	if hit == (len(s.GetCandidates()) > 0) && (hit || s.GetOutcome() == registerv1.SearchOutcome_SEARCH_OUTCOME_NO_HIT) {
		return nil
	}
	return errAnswer
}

var errAnswer = status.Error(codes.Internal, "the register's answer does not say whether anyone was found")

// read makes a search of file and flags; what the flags say is added, and of single values
// the flags' count.
func (c *personFlags) read(a *app) (*registerv1.Search, error) {
	search := &registerv1.Search{}
	if c.CriteriaFile != "" {
		data, err := a.readInput(c.CriteriaFile, maxCriteria)
		if err != nil {
			return nil, err
		}
		if err := readCriteria(data, search); err != nil {
			return nil, usageError{err}
		}
	}
	criteria, err := c.criteria()
	if err != nil {
		return nil, usageError{err}
	}
	if search.GetCriteria() == nil {
		search.Criteria = &registerv1.SearchCriteria{}
	}
	if criteria.GetBirthDate() != nil {
		search.Criteria.BirthDate = nil // replaced, not merged
	}
	proto.Merge(search.GetCriteria(), criteria)
	return search, nil
}

// search makes the search, with why it is made.
func (c *searchCmd) search(a *app) (*registerv1.Search, error) {
	search, err := c.read(a)
	if err != nil {
		return nil, err
	}
	for flag, field := range map[*string]*string{&c.Reason: &search.Reason, &c.Justification: &search.Justification, &c.Reference: &search.Reference, &c.OnBehalfOf: &search.OnBehalfOf} {
		if *flag != "" {
			*field = *flag
		}
	}
	if search.GetReason() == "" {
		return nil, usageError{errors.New("give the reason of the search by --reason, a code of: registerctl codes searchReasons")}
	}
	return search, nil
}

// readCriteria reads SearchCriteria, or a Search that holds "criteria".
func readCriteria(data []byte, search *registerv1.Search) error {
	var outer map[string]json.RawMessage
	if err := json.Unmarshal(data, &outer); err != nil {
		return errors.New("the criteria are not a JSON object")
	}
	var target proto.Message = search
	if _, whole := outer["criteria"]; !whole {
		search.Criteria = &registerv1.SearchCriteria{}
		target = search.GetCriteria()
	}
	if err := protojson.Unmarshal(data, target); err != nil {
		return fmt.Errorf("the criteria: %s", client.Clean(err.Error()))
	}
	return nil
}

func (c *personFlags) criteria() (*registerv1.SearchCriteria, error) {
	out := &registerv1.SearchCriteria{Phones: c.Phone, Emails: c.Email, Vehicles: c.Vehicle, Postcodes: c.Postcode}
	if c.Given != "" || c.Surname != "" {
		out.Names = append(out.Names, &registerv1.PersonName{Given: c.Given, Surname: c.Surname})
	}
	for _, n := range c.Name {
		out.Names = append(out.Names, &registerv1.PersonName{Full: n})
	}
	for _, n := range c.Alias {
		out.Names = append(out.Names, &registerv1.PersonName{Full: n, Kind: registerv1.NameKind_NAME_KIND_ALIAS})
	}
	var faults []error
	if c.DOB != "" {
		d, err := client.ParseDate(c.DOB, client.DayFirst)
		if err != nil {
			faults = append(faults, fmt.Errorf("--dob: %w", err))
		}
		out.BirthDate = d
	}
	if c.Sex != "" {
		sex, err := client.ParseSex(c.Sex)
		if err != nil {
			faults = append(faults, fmt.Errorf("--sex: %w", err))
		}
		out.Sex = sex
	}
	for _, h := range c.Handle {
		handle, err := client.ParseHandle(h)
		if err != nil {
			faults = append(faults, fmt.Errorf("--handle: %w", err))
			continue
		}
		out.Handles = append(out.Handles, handle)
	}
	for _, i := range c.Identifier {
		id, err := client.ParseIdentifier(i)
		if err != nil {
			faults = append(faults, fmt.Errorf("--identifier: %w", err))
			continue
		}
		addIdentifier(out, id)
	}
	return out, errors.Join(faults...)
}

// addIdentifier puts an identifier where the criteria have a place of its own
// for its kind.
func addIdentifier(c *registerv1.SearchCriteria, id *registerv1.Identifier) {
	switch id.GetKind() {
	case registerv1.IdentifierKind_IDENTIFIER_KIND_PHONE:
		c.Phones = append(c.Phones, id.GetValue())
	case registerv1.IdentifierKind_IDENTIFIER_KIND_EMAIL:
		c.Emails = append(c.Emails, id.GetValue())
	case registerv1.IdentifierKind_IDENTIFIER_KIND_VEHICLE:
		c.Vehicles = append(c.Vehicles, id.GetValue())
	case registerv1.IdentifierKind_IDENTIFIER_KIND_HANDLE:
		c.Handles = append(c.Handles, &registerv1.Handle{Value: id.GetValue(), Platform: id.GetPlatform()})
	default:
		c.Identifiers = append(c.Identifiers, id)
	}
}
