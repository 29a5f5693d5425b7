package service

import (
	"context"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/access"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/refdata"
	"github.com/perpetrator-register/register/internal/view"
)

// Directory implements register.v1.DirectoryService.
type Directory struct {
	registerv1.UnimplementedDirectoryServiceServer
	*Deps
	// Permissions are all pairs of resource and action in use.
	Permissions []access.Permission
	// Trust is whom the configuration lets in.
	Trust *Trust
}

// ListForces implements the RPC.
func (s *Directory) ListForces(ctx context.Context, _ *registerv1.ListForcesRequest) (*registerv1.ListForcesResponse, error) {
	if err := s.View.Pull(ctx); err != nil {
		return nil, err
	}
	out := &registerv1.ListForcesResponse{}
	for _, f := range s.Ref.Forces() {
		out.Forces = append(out.Forces, s.force(f))
	}
	return out, nil
}

// GetForce implements the RPC.
func (s *Directory) GetForce(ctx context.Context, req *registerv1.GetForceRequest) (*registerv1.Force, error) {
	f, ok := s.Ref.Force(call.ForceCode(req.GetName()))
	if !ok {
		return nil, NotFound("force")
	}
	if err := s.View.Pull(ctx); err != nil {
		return nil, err
	}
	return s.force(f), nil
}

func (s *Directory) force(f refdata.Force) *registerv1.Force {
	return &registerv1.Force{Name: "forces/" + f.Code, Code: f.Code, Title: f.Name, LegacyCodes: f.Aliases, Contact: s.contact(f.Code)}
}

// UpdateForceContact implements the RPC.
func (s *Directory) UpdateForceContact(ctx context.Context, req *registerv1.UpdateForceContactRequest) (*registerv1.ForceContact, error) {
	c := call.From(ctx)
	contact := req.GetContact()
	force := call.ForceCode(contact.GetForce())
	hmacs := s.Keys.SourceHMACs(force, "directory", "contact", spaceForce)
	err := Retry(ctx, func() error {
		content := &storev1.StoredForce{Contact: contact, UpdateTime: s.Timestamp()}
		cur, found, err := s.BySource(ctx, hmacs)
		if err != nil {
			return err
		}
		var change accesslog.Change
		if found {
			var stored storev1.StoredForce
			key, err := view.OpenVersion(s.Keys, cur.Record, cur.Version, cur.Wrapped, &stored)
			if err != nil {
				return err
			}
			change, err = s.Next(cur, key, int64(cur.Version.N)+1, content)
			if err != nil {
				return err
			}
		} else if change, err = s.First(postgres.KindForce, force, hmacs[0], 1, content); err != nil {
			return err
		}
		return s.Commit(ctx, c, change.Record, change)
	})
	if err != nil {
		return nil, err
	}
	return contact, nil
}

// ListCodes implements the RPC.
func (s *Directory) ListCodes(ctx context.Context, req *registerv1.ListCodesRequest) (*registerv1.ListCodesResponse, error) {
	out := &registerv1.ListCodesResponse{}
	add := func(i refdata.Item, unverified bool) {
		if !i.Retired {
			out.Codes = append(out.Codes, &registerv1.Code{Code: i.Code, Title: i.Title, Note: i.Purpose, Unverified: unverified})
		}
	}
	list, ok := codeLists[call.RecordID(req.GetParent())]
	if !ok {
		return nil, NewProblem(codes.NotFound, ReasonNotFound, "there is no such code list; the lists are "+strings.Join(codeListNames(), ", "))
	}
	list(s.Ref, call.From(ctx).Actor.Force, add)
	return out, nil
}

// GetSelf implements the RPC.
func (s *Directory) GetSelf(ctx context.Context, _ *registerv1.GetSelfRequest) (*registerv1.Self, error) {
	c := call.From(ctx)
	out := &registerv1.Self{
		Subject: call.Subject(c.Actor), CollarNumber: c.Actor.Collar, Roles: c.Actor.Roles.Names(), PolicyHash: c.Policy.Hash(),
	}
	if c.Actor.Force != "" {
		out.Force = "forces/" + c.Actor.Force
	}
	for _, p := range s.Permissions {
		if grant, ok := c.Policy.Decide(c.Actor.Roles, p.Resource, p.Action); ok {
			out.Permissions = append(out.Permissions, p.Resource+"."+p.Action+" "+string(grant.Scope))
		}
	}
	slices.Sort(out.Permissions)
	return out, nil
}
