// Package siem hands the access log on to a security-monitoring system (SIEM), one
// JSON line an entry, in the form of OCSF's API Activity (https://schema.ocsf.io).
// What is sealed in the log is not in it.
package siem

import (
	"net/netip"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/perpetrator-register/register/internal/accesslog"
)

// Version is the version of OCSF.
const Version = "1.3.0"

// The class API Activity of the category Application Activity.
const (
	categoryUID = 6
	classUID    = 6003
)

// Activities, statuses, severities and kinds of users of OCSF.
const (
	activityCreate, activityRead, activityUpdate, activityDelete, activityOther = 1, 2, 3, 4, 99
	statusSuccess, statusFailure                                                = 1, 2
	severityInformational, severityLow                                          = 1, 2
	userUnknown, userPerson, userService                                        = 0, 1, 4
)

// Event is an entry as OCSF's API Activity. What OCSF has no place for is
// unmapped.
type Event struct {
	ActivityID   int        `json:"activity_id"`
	ActivityName string     `json:"activity_name"`
	CategoryUID  int        `json:"category_uid"`
	ClassUID     int        `json:"class_uid"`
	TypeUID      int        `json:"type_uid"`
	SeverityID   int        `json:"severity_id"`
	StatusID     int        `json:"status_id"`
	StatusCode   string     `json:"status_code"`
	Time         int64      `json:"time"`            // milliseconds since 1970
	Count        int64      `json:"count,omitempty"` // calls that an aggregate stands for
	Metadata     metadata   `json:"metadata"`
	Actor        actor      `json:"actor"`
	API          api        `json:"api"`
	Src          endpoint   `json:"src_endpoint"`
	Resources    []resource `json:"resources,omitempty"`
	Unmapped     unmapped   `json:"unmapped"`
}

type metadata struct {
	Version        string  `json:"version"`
	Product        product `json:"product"`
	UID            string  `json:"uid"`
	Sequence       int64   `json:"sequence"` // the entry's index
	LogName        string  `json:"log_name"` // the log's name in checkpoints
	OriginalTime   string  `json:"original_time"`
	CorrelationUID string  `json:"correlation_uid,omitempty"`
}

type product struct {
	Name   string `json:"name"`
	Vendor string `json:"vendor_name"`
}

// self is the product whose events these are.
var self = product{Name: "Serial-perpetrator register", Vendor: "perpetrator-register"}

type actor struct {
	User           user            `json:"user"`
	AppName        string          `json:"app_name,omitempty"`
	Authorizations []authorization `json:"authorizations,omitempty"`
}

type user struct {
	UID    string  `json:"uid,omitempty"`
	Name   string  `json:"name,omitempty"`
	TypeID int     `json:"type_id"`
	Groups []group `json:"groups,omitempty"`
	Org    *org    `json:"org,omitempty"`
}

type group struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

type org struct {
	UID string `json:"uid"`
}

type authorization struct {
	Decision string `json:"decision,omitempty"`
	Policy   policy `json:"policy"`
}

type policy struct {
	UID  string `json:"uid,omitempty"`
	Desc string `json:"desc,omitempty"`
}

type api struct {
	Operation string   `json:"operation"`
	Service   *service `json:"service,omitempty"`
	Response  response `json:"response"`
}

type service struct {
	Name string `json:"name"`
}

type response struct {
	Message string `json:"message"`
}

type endpoint struct {
	IP      string `json:"ip,omitempty"`
	Name    string `json:"name,omitempty"`
	Service string `json:"svc_name,omitempty"`
}

type resource struct {
	UID  string `json:"uid"`
	Type string `json:"type"`
}

type unmapped struct {
	LeafHash      string   `json:"leaf_hash"` // by which receipts and exports know the entry
	Operation     string   `json:"statutory_operation,omitempty"`
	Collar        string   `json:"collar,omitempty"`
	Assurance     string   `json:"assurance,omitempty"`
	ACR           string   `json:"acr,omitempty"`
	Reason        string   `json:"reason,omitempty"`
	ReferenceHMAC string   `json:"reference_hmac,omitempty"`
	OnBehalfOf    string   `json:"on_behalf_of,omitempty"`
	Terms         []string `json:"terms,omitempty"`
	Marks         []string `json:"marks,omitempty"`
	Recipients    []string `json:"recipients,omitempty"`
	ResultCount   int      `json:"result_count"`
	Changes       int      `json:"changed_records,omitempty"`
	Source        string   `json:"source,omitempty"`
	Selected      string   `json:"selected_force,omitempty"` // the stream has this force's callers alone
}

// activities are those of the statutory operations.
var activities = map[string]int{
	"COLLECTION": activityCreate, "CONSULTATION": activityRead, "DISCLOSURE": activityRead,
	"ALTERATION": activityUpdate, "COMBINATION": activityUpdate, "ERASURE": activityDelete,
}

var activityNames = map[int]string{
	activityCreate: "Create", activityRead: "Read", activityUpdate: "Update", activityDelete: "Delete", activityOther: "Other",
}

// NewEvent makes the event of an entry of the log of a name.
func NewEvent(origin string, index int64, leaf tlog.Hash, m *accesslog.Metadata) *Event {
	e := &Event{
		CategoryUID: categoryUID, ClassUID: classUID, ActivityID: activityOther,
		SeverityID: severityInformational, StatusID: statusSuccess, StatusCode: m.Outcome,
		Time: m.Time.UnixMilli(), Count: m.Count,
		Metadata: metadata{
			Version: Version, Product: self,
			UID: m.ID.String(), Sequence: index, LogName: origin,
			OriginalTime: m.Time.UTC().Format("2006-01-02T15:04:05.000000Z"), CorrelationUID: m.Trace,
		},
		Actor: actor{User: newUser(m), AppName: m.Client},
		API:   api{Operation: m.Method, Response: response{Message: m.Outcome}},
		Src:   newEndpoint(m.Addr),
		Unmapped: unmapped{
			LeafHash: leaf.String(), Operation: m.Operation, Collar: m.Actor.Collar, Assurance: string(m.Actor.Assurance), ACR: m.ACR,
			Reason: m.Reason, ReferenceHMAC: m.ReferenceHMAC, OnBehalfOf: m.OnBehalfOf, Terms: m.Terms, Marks: m.Marks,
			Recipients: m.Recipients, ResultCount: m.ResultCount, Changes: len(m.Versions), Source: m.Source,
		},
	}
	if a, ok := activities[m.Operation]; ok {
		e.ActivityID = a
	}
	e.ActivityName, e.TypeUID = activityNames[e.ActivityID], classUID*100+e.ActivityID
	if m.Outcome != "OK" {
		e.StatusID, e.SeverityID = statusFailure, severityLow
	}
	if name, _, ok := strings.Cut(m.Method, "."); ok {
		e.API.Service = &service{Name: name}
	}
	if m.Decision != (accesslog.Decision{}) {
		e.Actor.Authorizations = []authorization{{
			Decision: string(m.Decision.Effect), Policy: policy{UID: m.Decision.Policy, Desc: m.Decision.Line},
		}}
	}
	for _, id := range m.Results {
		e.Resources = append(e.Resources, resource{UID: id.String(), Type: "record"})
	}
	return e
}

func newUser(m *accesslog.Metadata) user {
	u := user{UID: m.Actor.Sub, TypeID: userPerson}
	switch m.Actor.Kind {
	case accesslog.Person:
	case accesslog.System:
		u.TypeID = userService
	case accesslog.Anonymous:
		u.TypeID, u.Name = userUnknown, "anonymous"
	}
	if u.UID == "" && u.Name == "" {
		u.Name = "unknown"
	}
	for _, r := range m.Roles {
		u.Groups = append(u.Groups, group{Name: r, Type: "role"})
	}
	if m.Actor.Force != "" {
		u.Org = &org{UID: m.Actor.Force}
	}
	return u
}

// newEndpoint is where a call came from; OCSF wants something there.
func newEndpoint(address string) endpoint {
	if address == "" {
		return endpoint{Service: "register"}
	}
	if _, err := netip.ParseAddr(address); err != nil {
		return endpoint{Name: address}
	}
	return endpoint{IP: address}
}
