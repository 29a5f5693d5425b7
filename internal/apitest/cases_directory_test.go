package apitest

import (
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	pb "github.com/perpetrator-register/register/api/register/v1"
)

const (
	listForces         = "DirectoryService.ListForces"
	getForce           = "DirectoryService.GetForce"
	updateForceContact = "DirectoryService.UpdateForceContact"
	listClients        = "DirectoryService.ListClients"
	listCodes          = "DirectoryService.ListCodes"
	getSelf            = "DirectoryService.GetSelf"
)

func directoryCases() []apiCase {
	of := func(m proto.Message) func(*stage) proto.Message { return func(*stage) proto.Message { return m } }
	contact := &pb.ForceContact{Force: "forces/62", Team: "Stalking triage team", Phone: "01632 960001", Hours: "day and night"}
	nobody := func(name, method string, m proto.Message) apiCase {
		return apiCase{name: name, method: method, who: "nobody-33", request: of(m), code: codes.PermissionDenied, reason: "NOT_ALLOWED"}
	}
	notFound := func(name, method string, m proto.Message) apiCase {
		return apiCase{name: name, method: method, who: "dpo-43", request: of(m), code: codes.NotFound, reason: "NOT_FOUND"}
	}
	clients := func(force string) func(*stage) proto.Message {
		return of(&pb.ListClientsRequest{Parent: "forces/" + force})
	}
	called := func(force string) func(*stage) {
		return func(s *stage) { s.must("system-"+force, getSelf, &pb.GetSelfRequest{}) }
	}
	ofForce33 := func(s *stage, m proto.Message) {
		got := m.(*pb.ListClientsResponse)
		if len(got.GetSignInServices()) == 0 || len(got.GetSystems()) == 0 || len(got.GetSystemAuthorities()) == 0 {
			s.Errorf("clients %v", got)
		}
		for _, k := range got.GetSignInServices() {
			if !slices.Contains(k.GetForces(), "forces/33") {
				s.Errorf("a sign-in of others: %v", k)
			}
		}
		for _, k := range got.GetSystems() {
			if k.GetForce() != "forces/33" {
				s.Errorf("a system of others: %v", k)
			}
		}
	}
	return []apiCase{
		{
			name: "all forces", method: listForces, who: "control_room-33", request: of(&pb.ListForcesRequest{}), live: true,
			check: func(s *stage, m proto.Message) {
				if n := len(m.(*pb.ListForcesResponse).GetForces()); n < 43 {
					s.Errorf("%d forces", n)
				}
			},
		},
		nobody("all forces for somebody without a role", listForces, &pb.ListForcesRequest{}),
		{
			name: "a force", method: getForce, who: "auditor", request: of(&pb.GetForceRequest{Name: "forces/33"}),
			check: func(s *stage, m proto.Message) {
				f := m.(*pb.Force)
				if f.GetCode() != "33" || f.GetTitle() == "" || f.GetContact().GetForce() != "forces/33" || f.GetContact().GetTeam() == "" {
					s.Errorf("force %v", f)
				}
			},
		},
		nobody("a force for somebody without a role", getForce, &pb.GetForceRequest{Name: "forces/33"}),
		notFound("a force that does not exist", getForce, &pb.GetForceRequest{Name: "forces/99"}),
		{name: "a force by no code", method: getForce, who: "system-33", request: of(&pb.GetForceRequest{Name: "forces/abc"}), code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"name"}},
		{
			name: "set a contact", method: updateForceContact, who: "admin", writes: true, request: of(&pb.UpdateForceContactRequest{Contact: contact}),
			check: func(s *stage, m proto.Message) {
				if !proto.Equal(m, contact) {
					s.Errorf("contact %v", m)
				}
				f := s.must("admin", getForce, &pb.GetForceRequest{Name: "forces/62"}).(*pb.Force)
				if !proto.Equal(f.GetContact(), contact) {
					s.Errorf("contact on the directory %v", f.GetContact())
				}
			},
		},
		{name: "set a contact by a supervisor", method: updateForceContact, who: "supervisor-33", request: of(&pb.UpdateForceContactRequest{Contact: contact}), code: codes.PermissionDenied, reason: "NOT_ALLOWED"},
		{
			name: "set a contact of nobody", method: updateForceContact, who: "admin", code: codes.InvalidArgument, reason: "INVALID_FIELDS",
			request: of(&pb.UpdateForceContactRequest{Contact: &pb.ForceContact{Force: "forces/99"}}), fields: []string{"contact.team", "contact.force"},
		},
		{
			name: "clients of all forces", method: listClients, who: "admin", request: clients("-"), live: true, prepare: called("10"),
			check: func(s *stage, m proto.Message) {
				got := m.(*pb.ListClientsResponse)
				if !slices.ContainsFunc(got.GetSignInServices(), func(k *pb.SignInService) bool {
					return k.GetNational() && slices.Contains(k.GetRoles(), "admin") && k.GetAudience() != "" && len(k.GetAcceptedAcrs()) > 0 && k.GetMaxTokenLifetime().AsDuration() == time.Hour
				}) {
					s.Errorf("the administrators' sign-in is not told: %v", got)
				}
				if !slices.ContainsFunc(got.GetSystemAuthorities(), func(k *pb.SystemAuthority) bool {
					return strings.Contains(k.GetSubject(), "root") && len(k.GetSha256Fingerprint()) == 64 && k.GetExpireTime().AsTime().After(time.Now())
				}) || len(got.GetSystemAuthorities()) != 1 {
					s.Errorf("the authority of systems is not told: %v", got)
				}
				if !slices.ContainsFunc(got.GetSystems(), func(k *pb.SystemClient) bool {
					return k.GetSubject() == "register://forces/10/systems/crime" && k.GetForce() == "forces/10" && k.GetSystem() == "crime" && !k.GetFirstCallTime().AsTime().After(k.GetLastCallTime().AsTime())
				}) {
					s.Errorf("the system is not told: %v", got)
				}
			},
		},
		{name: "clients of a force for PSD", method: listClients, who: "psd-33", request: clients("33"), live: true, prepare: called("33"), check: ofForce33},
		{name: "clients of a force for the auditor", method: listClients, who: "auditor", request: clients("33"), live: true, prepare: called("33"), check: ofForce33},
		{name: "clients of another force", method: listClients, who: "psd-10", request: clients("33"), code: codes.PermissionDenied, reason: "OTHER_FORCE"},
		{name: "clients of all forces for PSD", method: listClients, who: "psd-33", request: clients("-"), code: codes.PermissionDenied, reason: "OTHER_FORCE"},
		{name: "clients for a supervisor", method: listClients, who: "supervisor-33", request: clients("33"), code: codes.PermissionDenied, reason: "NOT_ALLOWED"},
		{name: "clients for a system", method: listClients, who: "system-33", request: clients("33"), code: codes.PermissionDenied, reason: "NOT_ALLOWED"},
		{name: "clients of a force that does not exist", method: listClients, who: "admin", request: clients("99"), code: codes.NotFound, reason: "NOT_FOUND"},
		{name: "clients of no force", method: listClients, who: "admin", request: clients("abc"), code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"parent"}},
		{
			name: "a code list", method: listCodes, who: "investigator-33", request: of(&pb.ListCodesRequest{Parent: "codeLists/searchReasons"}),
			check: func(s *stage, m proto.Message) {
				if !slices.ContainsFunc(m.(*pb.ListCodesResponse).GetCodes(), func(c *pb.Code) bool { return c.GetCode() == "CRIME_INVESTIGATION" && c.GetTitle() != "" }) {
					s.Errorf("codes %v", m)
				}
			},
		},
		{
			name: "a code list of measures", method: listCodes, who: "investigator-33", request: of(&pb.ListCodesRequest{Parent: "codeLists/measures"}),
			check: func(s *stage, m proto.Message) {
				got := m.(*pb.ListCodesResponse).GetCodes()
				if !slices.ContainsFunc(got, func(c *pb.Code) bool { return c.GetCode() == "SPO" }) || slices.ContainsFunc(got, func(c *pb.Code) bool { return c.GetCode() == "PIN_WARNING" }) {
					s.Errorf("measures %v", got)
				}
			},
		},
		nobody("a code list for somebody without a role", listCodes, &pb.ListCodesRequest{Parent: "codeLists/warnings"}),
		notFound("a code list that does not exist", listCodes, &pb.ListCodesRequest{Parent: "codeLists/victims"}),
		{name: "a code list by no name", method: listCodes, who: "dpo-33", request: of(&pb.ListCodesRequest{Parent: "codeLists/a b"}), code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"parent"}},
		{
			name: "oneself", method: getSelf, who: "psd-10", request: of(&pb.GetSelfRequest{}), live: true,
			check: func(s *stage, m proto.Message) {
				self := m.(*pb.Self)
				if self.GetForce() != "forces/10" || self.GetCollarNumber() == "" || !slices.Contains(self.GetRoles(), "psd") ||
					!slices.Contains(self.GetPermissions(), "nominal.restrict own_force") || self.GetPolicyHash() != s.w.policy.Hash() {
					s.Errorf("self %v", self)
				}
			},
		},
		{
			name: "a system itself", method: getSelf, who: "system-10", request: of(&pb.GetSelfRequest{}),
			check: func(s *stage, m proto.Message) {
				if self := m.(*pb.Self); self.GetSubject() != "register://forces/10/systems/crime" || !slices.Equal(self.GetRoles(), []string{"system"}) {
					s.Errorf("self %v", self)
				}
			},
		},
		nobody("oneself without a role", getSelf, &pb.GetSelfRequest{}),
	}
}
