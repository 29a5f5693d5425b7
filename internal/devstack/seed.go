package devstack

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/devstack/demo"
	"github.com/perpetrator-register/register/internal/devstack/pki"
	"github.com/perpetrator-register/register/internal/refdata"
)

// seedStreams is how many forces register at the same time.
const seedStreams = 6

// seed registers nominals and their courses, each force over a stream of its
// own with its own certificate, and lets PSD restrict those that are to be.
func (s *Stack) seed(ctx context.Context, nominals []demo.Nominal) error {
	byForce := map[string][]demo.Nominal{}
	for _, n := range nominals {
		byForce[n.Force] = append(byForce[n.Force], n)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(seedStreams)
	for force, own := range byForce {
		g.Go(func() error { return s.seedForce(ctx, force, own) })
	}
	return g.Wait()
}

// Dial connects to the register's gRPC port: as a force's system, or, with an
// empty force, without a client certificate.
func (s *Stack) Dial(force string) (*grpc.ClientConn, error) {
	var system *pki.System
	if force != "" {
		system = &pki.System{Force: force, Name: System}
	}
	config, err := s.PKI.ClientConfig(system)
	if err != nil {
		return nil, err
	}
	config.MinVersion = tls.VersionTLS13
	return grpc.NewClient(s.Server.GRPCAddr(), grpc.WithTransportCredentials(credentials.NewTLS(config)))
}

func (s *Stack) seedForce(ctx context.Context, force string, nominals []demo.Nominal) (err error) {
	conn, err := s.Dial(force)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	var records []*registerv1.RegisterRecordsRequest
	add := func(r *registerv1.RegisterRecordsRequest) {
		r.Sequence = int64(len(records))
		records = append(records, r)
	}
	for i := range nominals {
		add(&registerv1.RegisterRecordsRequest{Record: &registerv1.RegisterRecordsRequest_Nominal{Nominal: NominalRequest(&nominals[i])}})
	}
	for i := range nominals {
		for j := range nominals[i].Courses {
			request, err := CourseRequest(&nominals[i], &nominals[i].Courses[j])
			if err != nil {
				return err
			}
			add(&registerv1.RegisterRecordsRequest{Record: &registerv1.RegisterRecordsRequest_Course{Course: request}})
		}
	}
	for i := range nominals {
		for _, r := range heroConduct(&nominals[i], time.Now()) {
			add(r)
		}
	}
	names, err := sendRecords(ctx, registerv1.NewRegistrationServiceClient(conn), records)
	if err != nil {
		return fmt.Errorf("force %s: %w", force, err)
	}
	for i := range nominals {
		if nominals[i].Restriction != "" {
			if err := s.restrict(ctx, force, names[i], nominals[i].Restriction); err != nil {
				return err
			}
		}
	}
	return nil
}

// sendRecords sends all records and returns the names they got, in order.
func sendRecords(ctx context.Context, client registerv1.RegistrationServiceClient, records []*registerv1.RegisterRecordsRequest) ([]string, error) {
	stream, err := client.RegisterRecords(ctx)
	if err != nil {
		return nil, err
	}
	sent := make(chan error, 1)
	go func() {
		for _, r := range records {
			if err := stream.Send(r); err != nil {
				sent <- err
				return
			}
		}
		sent <- stream.CloseSend()
	}()
	names := make([]string, len(records))
	for range records {
		answer, err := stream.Recv()
		if err != nil {
			return nil, err
		}
		switch r := answer.GetResult().(type) {
		case *registerv1.RegisterRecordsResponse_Nominal:
			names[answer.GetSequence()] = r.Nominal.GetName()
		case *registerv1.RegisterRecordsResponse_Course:
			names[answer.GetSequence()] = r.Course.GetName()
		case *registerv1.RegisterRecordsResponse_Error:
			return nil, fmt.Errorf("record %d: %s", answer.GetSequence(), r.Error.GetMessage())
		}
	}
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		return nil, err
	}
	return names, <-sent
}

// contacts puts an invented contact of every force on the directory, as the
// national administrator.
func (s *Stack) contacts(ctx context.Context, forces []refdata.Force) error {
	return s.as(ctx, "admin", func(ctx context.Context, conn *grpc.ClientConn) error {
		client := registerv1.NewDirectoryServiceClient(conn)
		for _, f := range forces {
			_, err := client.UpdateForceContact(ctx, &registerv1.UpdateForceContactRequest{Contact: &registerv1.ForceContact{
				Force: "forces/" + f.Code, Team: f.Name + " stalking triage team", Phone: "01632 9600" + f.Code,
				Email: "stalking-" + f.Code + "@police.example", Hours: "08:00 to 22:00; at night the force control room",
			}})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// errNoAccount says that the development provider has no such account.
var errNoAccount = errors.New("devstack: no such account")

// as lets an account of the development provider, by its login, call the register.
func (s *Stack) as(ctx context.Context, login string, do func(context.Context, *grpc.ClientConn) error) (err error) {
	token, err := s.IDP.MintForTest(login, nil)
	if err != nil {
		return errors.Join(errNoAccount, err)
	}
	conn, err := s.Dial("")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	return do(metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token), conn)
}

// restrict sets a restriction as the force's PSD, where there is an account.
func (s *Stack) restrict(ctx context.Context, force, name, restriction string) error {
	err := s.as(ctx, "psd-"+force, func(ctx context.Context, conn *grpc.ClientConn) error {
		_, err := registerv1.NewNominalServiceClient(conn).RestrictNominal(ctx, &registerv1.RestrictNominalRequest{
			Name:        name,
			Restriction: registerv1.Restriction(registerv1.Restriction_value["RESTRICTION_"+restriction]),
			Explanation: "Demonstration of a restricted record.",
		})
		return err
	})
	if errors.Is(err, errNoAccount) {
		return nil // only three forces have accounts
	}
	return err
}

var demoKinds = map[string]registerv1.IdentifierKind{
	"PHONE": registerv1.IdentifierKind_IDENTIFIER_KIND_PHONE, "EMAIL": registerv1.IdentifierKind_IDENTIFIER_KIND_EMAIL,
	"HANDLE": registerv1.IdentifierKind_IDENTIFIER_KIND_HANDLE, "VEHICLE": registerv1.IdentifierKind_IDENTIFIER_KIND_VEHICLE,
	"PNC_ID": registerv1.IdentifierKind_IDENTIFIER_KIND_PNC, "CRO": registerv1.IdentifierKind_IDENTIFIER_KIND_CRO,
}

var demoSexes = map[string]registerv1.Sex{
	"M": registerv1.Sex_SEX_MALE, "F": registerv1.Sex_SEX_FEMALE, "N": registerv1.Sex_SEX_NOT_APPLICABLE, "NS": registerv1.Sex_SEX_NOT_STATED,
}

// NominalRequest is the registration of an invented nominal.
func NominalRequest(n *demo.Nominal) *registerv1.RegisterNominalRequest {
	out := &registerv1.Nominal{
		Source: &registerv1.SourceKey{System: n.System, Reference: n.Reference, Revision: n.Revision},
		Names: []*registerv1.PersonName{{
			Given: strings.Join(n.Given, " "), Surname: n.Surname, Kind: registerv1.NameKind_NAME_KIND_PRIMARY,
		}},
		Sex: demoSexes[n.Sex], Ethnicity: n.Ethnicity,
	}
	for _, a := range n.Aliases {
		out.Names = append(out.Names, &registerv1.PersonName{
			Given: strings.Join(a.Given, " "), Surname: a.Surname, Kind: registerv1.NameKind(registerv1.NameKind_value["NAME_KIND_"+a.Kind]),
		})
	}
	if d := partialDate(n.DOB); d != nil {
		out.BirthDates = append(out.BirthDates, d)
	}
	for _, i := range n.Identifiers {
		out.Identifiers = append(out.Identifiers, &registerv1.Identifier{Kind: demoKinds[i.Kind], Platform: i.Platform, Value: i.Value})
	}
	for _, a := range n.Addresses {
		out.Addresses = append(out.Addresses, &registerv1.Address{Lines: a.Lines, Postcode: a.Postcode})
	}
	return &registerv1.RegisterNominalRequest{Parent: "forces/" + n.Force, Nominal: out}
}

// partialDate reads YYYY-MM-DD, YYYY-MM or YYYY; nil when it is none of them.
func partialDate(s string) *registerv1.PartialDate {
	var parts [3]int32
	for i, p := range strings.SplitN(s, "-", 3) {
		n, err := strconv.ParseInt(p, 10, 32)
		if err != nil {
			return nil
		}
		parts[i] = int32(n)
	}
	return &registerv1.PartialDate{Year: parts[0], Month: parts[1], Day: parts[2]}
}

// CourseRequest is the registration of an invented course of conduct.
func CourseRequest(n *demo.Nominal, c *demo.Course) (*registerv1.RegisterCourseRequest, error) {
	out := &registerv1.CourseOfConduct{
		Source:       &registerv1.SourceKey{System: n.System, Reference: c.Reference, Revision: 1},
		Victim:       demoVictim(&c.Principal),
		Relationship: c.Relationship, Motivation: c.Motivation,
		Standing: registerv1.Standing(registerv1.Standing_value["STANDING_"+c.Standing]),
	}
	for i := range c.Associated {
		out.AssociatedVictims = append(out.AssociatedVictims, demoVictim(&c.Associated[i]))
	}
	switch out.GetStanding() {
	case registerv1.Standing_STANDING_NO_FURTHER_ACTION, registerv1.Standing_STANDING_VICTIM_DOES_NOT_SUPPORT, registerv1.Standing_STANDING_CANCELLED:
		out.Closure = &registerv1.Closure{
			Reason: "EVIDENTIAL", Rationale: "Invented: the evidence did not suffice.", SecondPerson: "S" + n.Force + "01", VictimInformTime: timestamppb.Now(),
		}
	default:
	}
	source, err := strconv.ParseInt(c.Source, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("course %s: source grade: %w", c.Reference, err)
	}
	for _, i := range c.Incidents {
		day, err := time.Parse(time.DateOnly, i.Date)
		if err != nil {
			return nil, fmt.Errorf("course %s: %w", c.Reference, err)
		}
		out.Incidents = append(out.Incidents, &registerv1.Incident{
			Reference: i.Reference, OccurTime: timestamppb.New(day), Behaviours: slices.Clone(i.Behaviours),
			PrincipalOffence: i.Offence, IncludedClassifications: i.Included, Narrative: i.Summary,
			ReportSource: registerv1.ReportSource_REPORT_SOURCE_VICTIM,
			Grade:        &registerv1.IntelligenceGrade{Source: int32(source), Assessment: c.Assessment, Handling: c.Handling},
		})
	}
	return &registerv1.RegisterCourseRequest{ // what happened before the register was there
		HistoricLoad: true,
		Parent:       "forces/" + n.Force, Course: out,
		NominalSource: &registerv1.SourceKey{System: n.System, Reference: n.Reference},
	}, nil
}

func demoVictim(v *demo.Victim) *registerv1.Victim {
	out := &registerv1.Victim{
		Names:     []*registerv1.PersonName{{Given: strings.Join(v.Given, " "), Surname: v.Surname}},
		BirthDate: partialDate(v.DOB), Phones: v.Phones, Emails: v.Emails, Handles: v.Handles,
	}
	for _, f := range v.Former {
		out.Names = append(out.Names, &registerv1.PersonName{Full: f, Kind: registerv1.NameKind_NAME_KIND_FORMER})
	}
	for _, p := range v.Postcodes {
		out.Addresses = append(out.Addresses, &registerv1.Address{Postcode: p})
	}
	return out
}
