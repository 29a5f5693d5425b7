package apitest

import (
	"encoding/base64"
	"slices"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
)

const (
	getCheckpoint       = "AccessLogService.GetCheckpoint"
	getInclusionProof   = "AccessLogService.GetInclusionProof"
	getConsistencyProof = "AccessLogService.GetConsistencyProof"
	listEntries         = "AccessLogService.ListEntries"
	summariseActivity   = "AccessLogService.SummariseActivity"
)

// referring is a search about a crime of its own.
func referring(s *stage) *pb.CreateSearchRequest {
	r := search(s.tag)
	r.Search.Reference = "33CR/" + s.tag
	return r
}

// listed asks for the entries whose indices a stage has kept under these names.
func listed(s *stage, names ...string) *pb.ListEntriesRequest {
	r := entriesOf("forces/33")
	r.PageSize = 0
	for _, name := range names {
		index, err := strconv.ParseInt(s.names[name], 10, 64)
		if err != nil {
			s.Fatal(err)
		}
		r.Indices = append(r.Indices, index)
	}
	return r
}

func logCases() []apiCase {
	invalid := func(name, method string, request proto.Message, fields ...string) apiCase {
		return apiCase{
			name: name, method: method, who: "psd-33", request: func(*stage) proto.Message { return request },
			code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: fields,
		}
	}
	denied := func(name, method, who, reason string, request proto.Message) apiCase {
		return apiCase{
			name: name, method: method, who: who, request: func(*stage) proto.Message { return request },
			code: codes.PermissionDenied, reason: reason,
		}
	}
	onlyOf := func(force string) func(*stage, proto.Message) {
		return func(s *stage, m proto.Message) {
			s.Helper()
			all := m.(*pb.ListEntriesResponse).GetEntries()
			if len(all) == 0 {
				s.Error("no entries")
			}
			for i, e := range all {
				if force != "" && e.GetForce() != force {
					s.Errorf("entry of %q", e.GetForce())
				}
				if i > 0 && e.GetIndex() >= all[i-1].GetIndex() {
					s.Errorf("entry %d after %d", e.GetIndex(), all[i-1].GetIndex())
				}
				if leaf := tlog.RecordHash(e.GetMetadata()); string(leaf[:]) != string(e.GetLeafHash()) {
					s.Errorf("entry %d: its leaf is not the hash of its metadata", e.GetIndex())
				}
			}
		}
	}
	return []apiCase{
		{
			name: "the newest checkpoint", method: getCheckpoint, who: "admin", live: true,
			request: func(*stage) proto.Message { return &pb.GetCheckpointRequest{} },
			check: func(s *stage, m proto.Message) {
				cp := m.(*pb.Checkpoint)
				got, err := accesslog.OpenCheckpoint([]byte(cp.GetNote()), cp.GetOrigin(), s.w.known)
				if err != nil || got.Tree.N != cp.GetTreeSize() || string(got.Tree.Hash[:]) != string(cp.GetRootHash()) {
					s.Errorf("checkpoint %v: %v", cp, err)
				}
			},
		},
		denied("a checkpoint for somebody without a role", getCheckpoint, "nobody-33", "NOT_ALLOWED", &pb.GetCheckpointRequest{}),
		{
			name: "an inclusion proof", method: getInclusionProof, who: "control_room-43",
			request: func(*stage) proto.Message { return &pb.GetInclusionProofRequest{Index: 1, TreeSize: 5} },
			check:   func(s *stage, m proto.Message) { checkInclusion(s.T, m.(*pb.InclusionProof)) },
		},
		invalid("an inclusion proof of what is not there", getInclusionProof, &pb.GetInclusionProofRequest{Index: 5, TreeSize: 5}, "index"),
		invalid("an inclusion proof in a tree to come", getInclusionProof, &pb.GetInclusionProofRequest{TreeSize: 1 << 40}, "tree_size"),
		invalid("an inclusion proof of nonsense", getInclusionProof, &pb.GetInclusionProofRequest{Index: -1, TreeSize: -1}, "index", "tree_size"),
		denied("an inclusion proof for somebody without a role", getInclusionProof, "nobody-33", "NOT_ALLOWED", &pb.GetInclusionProofRequest{}),
		{
			name: "a consistency proof", method: getConsistencyProof, who: "system-10",
			request: func(*stage) proto.Message {
				return &pb.GetConsistencyProofRequest{FirstTreeSize: 3, SecondTreeSize: 7}
			},
			check: func(s *stage, m proto.Message) { checkConsistency(s.T, m.(*pb.ConsistencyProof)) },
		},
		invalid("a consistency proof backwards", getConsistencyProof, &pb.GetConsistencyProofRequest{FirstTreeSize: 7, SecondTreeSize: 3}, "first_tree_size"),
		invalid("a consistency proof of nothing", getConsistencyProof, &pb.GetConsistencyProofRequest{}, "first_tree_size"),
		invalid("a consistency proof with a tree to come", getConsistencyProof, &pb.GetConsistencyProofRequest{FirstTreeSize: 1, SecondTreeSize: 1 << 40}, "second_tree_size"),
		denied("a consistency proof for somebody without a role", getConsistencyProof, "nobody-33", "NOT_ALLOWED", &pb.GetConsistencyProofRequest{FirstTreeSize: 1}),

		{
			name: "the own force's entries", method: listEntries, who: "psd-33", live: true,
			request: func(*stage) proto.Message { return entriesOf("forces/33") }, check: onlyOf("forces/33"),
		},
		{
			name: "all forces' entries", method: listEntries, who: "auditor", live: true,
			request: func(*stage) proto.Message { return entriesOf("forces/-") }, check: onlyOf(""),
		},
		{
			name: "one force's entries for the auditor", method: listEntries, who: "auditor", live: true,
			request: func(*stage) proto.Message { return entriesOf("forces/10") }, check: onlyOf("forces/10"),
		},
		{
			name: "who met a silent record", method: listEntries, who: "psd-33", live: true,
			prepare: func(s *stage) {
				silent(s)
				s.must("investigator-10", createSearch, search(s.tag))
			},
			request: func(s *stage) proto.Message {
				r := entriesOf("forces/33")
				r.Record = s.names["nominal"]
				return r
			},
			check: func(s *stage, m proto.Message) {
				if !slices.ContainsFunc(m.(*pb.ListEntriesResponse).GetEntries(), func(e *pb.LogEntry) bool {
					return e.GetMethod() == createSearch && e.GetForce() == "forces/10"
				}) {
					s.Error("the search that met the record is not shown to its PSD")
				}
			},
		},
		{
			name: "entries about a crime reference", method: listEntries, who: "psd-33", live: true,
			prepare: func(s *stage) { s.must("investigator-33", createSearch, referring(s)) },
			request: func(s *stage) proto.Message {
				r := entriesOf("forces/33")
				r.CrimeReference = "33CR/" + s.tag
				return r
			},
			check: func(s *stage, m proto.Message) {
				if all := m.(*pb.ListEntriesResponse).GetEntries(); len(all) != 1 || all[0].GetMethod() != createSearch {
					s.Errorf("%d entries, want the one search: %v", len(all), all)
				}
			},
		},
		{
			name: "refusals", method: listEntries, who: "psd-33", live: true,
			prepare: func(s *stage) {
				s.w.call(s.Context(), overREST, "investigator-33", eraseNominal, &pb.EraseNominalRequest{Name: unknownRecord("33", "nominals")})
			},
			request: func(*stage) proto.Message {
				r := entriesOf("forces/33")
				r.Refused = true
				return r
			},
			check: func(s *stage, m proto.Message) {
				all := m.(*pb.ListEntriesResponse).GetEntries()
				if len(all) == 0 || slices.ContainsFunc(all, func(e *pb.LogEntry) bool { return e.GetOutcome() == "OK" }) {
					s.Errorf("refusals: %v", all)
				}
			},
		},
		{
			name: "entries by their indices", method: listEntries, who: "psd-33", live: true,
			prepare: func(s *stage) {
				s.names["entry"] = s.entryOf("investigator-33", createSearch, search(s.tag))
				s.names["other"] = s.entryOf("investigator-10", createSearch, search(s.tag))
			},
			request: func(s *stage) proto.Message { return listed(s, "entry", "other") },
			check: func(s *stage, m proto.Message) {
				all := m.(*pb.ListEntriesResponse).GetEntries()
				if len(all) != 1 || strconv.FormatInt(all[0].GetIndex(), 10) != s.names["entry"] {
					s.Errorf("entries %v, want %s alone: the other is another force's", all, s.names["entry"])
				}
			},
		},
		{
			name: "entries by their indices and more", method: listEntries, who: "psd-33", code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"request"},
			request: func(s *stage) proto.Message {
				r := listed(s)
				r.Indices, r.Refused = []int64{1}, true
				return r
			},
		},
		{
			name: "entries about a crime reference of no force", method: listEntries, who: "auditor", code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"crime_reference"},
			request: func(*stage) proto.Message {
				r := entriesOf("forces/-")
				r.CrimeReference = "33CR/1"
				return r
			},
		},
		{
			name: "entries counted by method", method: summariseActivity, who: "psd-33", live: true,
			prepare: func(s *stage) { s.must("investigator-33", createSearch, referring(s)) },
			request: func(*stage) proto.Message { return activityOf("forces/33") },
			check: func(s *stage, m proto.Message) {
				if !slices.ContainsFunc(m.(*pb.SummariseActivityResponse).GetCounts(), func(c *pb.ActivityCount) bool { return c.GetKey() == createSearch && c.GetEntries() > 0 }) {
					s.Errorf("no search is counted: %v", m)
				}
			},
		},
		{
			name: "entries of all forces counted by day", method: summariseActivity, who: "auditor", live: true,
			request: func(*stage) proto.Message {
				r := activityOf("forces/-")
				r.GroupBy, r.StartTime = pb.ActivityGrouping_ACTIVITY_GROUPING_DAY, timestamppb.New(time.Now().Add(-24*time.Hour).Truncate(24*time.Hour))
				return r
			},
		},
		denied("another force's entries counted", summariseActivity, "psd-33", "OTHER_FORCE", activityOf("forces/10")),
		denied("entries counted for a supervisor", summariseActivity, "supervisor-33", "NOT_ALLOWED", activityOf("forces/33")),
		invalid("entries counted by nothing", summariseActivity, &pb.SummariseActivityRequest{Parent: "forces/33"}, "purpose", "reference", "group_by"),
		{
			name: "entries counted from a quarter past", method: summariseActivity, who: "psd-33", code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"end_time", "start_time"},
			request: func(*stage) proto.Message {
				r := activityOf("forces/33")
				r.StartTime, r.EndTime = &timestamppb.Timestamp{Seconds: 900}, &timestamppb.Timestamp{Seconds: 3600}
				return r
			},
		},
		denied("another force's entries", listEntries, "psd-33", "OTHER_FORCE", entriesOf("forces/10")),
		denied("all forces' entries for a PSD", listEntries, "psd-33", "OTHER_FORCE", entriesOf("forces/-")),
		denied("entries for a supervisor", listEntries, "supervisor-33", "NOT_ALLOWED", entriesOf("forces/33")),
		invalid("entries for no purpose", listEntries, &pb.ListEntriesRequest{Parent: "forces/33", Reference: "x", PageSize: 501}, "purpose", "reference", "page_size"),
		{
			name: "entries with a forged token", method: listEntries, who: "psd-33", code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"page_token"},
			request: func(*stage) proto.Message {
				r := entriesOf("forces/33")
				r.PageToken = base64.RawURLEncoding.EncodeToString(make([]byte, 16)) + ".1:00"
				return r
			},
		},
		{
			name: "entries with the token of another selection", method: listEntries, who: "psd-33", code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"page_token"},
			prepare: func(s *stage) {
				r := entriesOf("forces/33")
				r.PageSize = 1
				s.names["token"] = s.must("psd-33", listEntries, r).(*pb.ListEntriesResponse).GetNextPageToken()
			},
			request: func(s *stage) proto.Message {
				r := entriesOf("forces/33")
				r.PageToken, r.Outcome = s.names["token"], "OK"
				return r
			},
		},
		{
			name: "entries about another force's record", method: listEntries, who: "psd-33", code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"record"},
			request: func(*stage) proto.Message {
				r := entriesOf("forces/33")
				r.Record = unknownRecord("10", "nominals")
				return r
			},
		},
	}
}
