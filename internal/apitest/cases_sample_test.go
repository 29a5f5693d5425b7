package apitest

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"strconv"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	pb "github.com/perpetrator-register/register/api/register/v1"
)

const (
	beginSample  = "StandardsService.BeginSample"
	commitSample = "StandardsService.CommitSample"
	revealSample = "StandardsService.RevealSample"
	drawSample   = "StandardsService.DrawSample"
	judgeSample  = "StandardsService.JudgeSample"
	listSamples  = "StandardsService.ListSamples"
)

// nonceOf is a party's nonce in a stage, with its commitment.
func (s *stage) nonceOf(party string) (nonce, commitment string) {
	n := sha256.Sum256([]byte(party + s.tag))
	h := sha256.Sum256(n[:])
	return hex.EncodeToString(n[:]), hex.EncodeToString(h[:])
}

func (s *stage) sampleBegin() *pb.BeginSampleRequest {
	_, commitment := s.nonceOf("psd")
	return &pb.BeginSampleRequest{Parent: "forces/33", Purpose: pb.LogPurpose_LOG_PURPOSE_SELF_MONITORING, Reference: "DIP/26/1", Size: 5, Commitment: commitment}
}

func (s *stage) sampleCommit() *pb.CommitSampleRequest {
	_, commitment := s.nonceOf("iopc")
	return &pb.CommitSampleRequest{Name: s.names["sample"], Commitment: commitment}
}

func (s *stage) sampleReveal(party string) *pb.RevealSampleRequest {
	nonce, _ := s.nonceOf(party)
	return &pb.RevealSampleRequest{Name: s.names["sample"], Nonce: nonce}
}

func begunSample(s *stage) {
	s.Helper()
	s.must("investigator-33", createSearch, search(s.tag))
	s.names["sample"] = s.must("psd-33", beginSample, s.sampleBegin()).(*pb.Sample).GetName()
}

// committedSample has both parties bound, and a checkpoint since then co-signed.
func committedSample(s *stage) {
	s.Helper()
	begunSample(s)
	s.must("auditor", commitSample, s.sampleCommit())
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		a := s.w.call(s.Context(), overToken, "psd-33", revealSample, s.sampleReveal("psd"))
		if a.err == nil {
			return
		}
		if _, reason, _ := refusal(a.err); reason != "NOT_WITNESSED" {
			s.Fatal(a.err)
		}
	}
	s.Fatal("no checkpoint is co-signed")
}

func drawnSample(s *stage) {
	s.Helper()
	committedSample(s)
	m := s.must("auditor", revealSample, s.sampleReveal("iopc")).(*pb.Sample)
	if len(m.GetEntries()) == 0 {
		s.Fatalf("nothing is drawn: %v", m)
	}
	s.names["drawn"] = strconv.FormatInt(m.GetEntries()[0].GetIndex(), 10)
}

// together prepares a state once for all cases that leave it as it is: to have the log
// co-signed takes a second.
func together(name string, prepare func(*stage)) func(*stage) {
	return func(s *stage) {
		s.Helper()
		s.w.mu.Lock()
		names := s.w.shared[name]
		s.w.mu.Unlock()
		if names == nil {
			prepare(s)
			s.w.mu.Lock()
			if s.w.shared == nil {
				s.w.shared = map[string]map[string]string{}
			}
			s.w.shared[name] = maps.Clone(s.names)
			s.w.mu.Unlock()
			return
		}
		maps.Copy(s.names, names)
	}
}

func judge(verdict pb.Verdict, note string) func(s *stage) proto.Message {
	return func(s *stage) proto.Message {
		index, err := strconv.ParseInt(s.names["drawn"], 10, 64)
		if err != nil {
			s.Fatal(err)
		}
		return &pb.JudgeSampleRequest{Name: s.names["sample"], Index: index, Verdict: verdict, Note: note}
	}
}

func sampleCases() []apiCase {
	wantDrawn := func(s *stage, m proto.Message) {
		s.Helper()
		o := m.(*pb.Sample)
		if o.GetState() != pb.SampleState_SAMPLE_STATE_DRAWN || len(o.GetEntries()) == 0 || len(o.GetEntries()) > 5 || o.GetTreeSize() <= o.GetUntilIndex() || len(o.GetMissing()) > 0 {
			s.Errorf("drawn: %v", o)
		}
	}
	refused := func(name, method, who string, prepare func(*stage), request func(*stage) proto.Message, code codes.Code, reason string, fields ...string) apiCase {
		return apiCase{name: name, method: method, who: who, prepare: prepare, request: request, code: code, reason: reason, fields: fields}
	}
	drawn, committed := together("drawn", drawnSample), together("committed", committedSample)
	begin := func(s *stage) proto.Message { return s.sampleBegin() }
	commit := func(s *stage) proto.Message { return s.sampleCommit() }
	reveal := func(party string) func(*stage) proto.Message {
		return func(s *stage) proto.Message { return s.sampleReveal(party) }
	}
	draw := func(s *stage) proto.Message { return &pb.DrawSampleRequest{Name: s.names["sample"]} }
	list := func(force string) func(*stage) proto.Message {
		return func(*stage) proto.Message { return &pb.ListSamplesRequest{Parent: "forces/" + force, PageSize: 200} }
	}
	return []apiCase{
		{name: "begin a sample", method: beginSample, who: "psd-33", writes: true, live: true, request: begin, check: func(s *stage, m proto.Message) {
			if o := m.(*pb.Sample); o.GetState() != pb.SampleState_SAMPLE_STATE_BEGUN || o.GetUntilIndex() <= o.GetFromIndex() || o.GetBeginTime() == nil {
				s.Errorf("begun: %v", o)
			}
		}},
		refused("begin a sample of another force", beginSample, "psd-10", nil, begin, codes.PermissionDenied, "OTHER_FORCE"),
		refused("begin a sample as the auditor", beginSample, "auditor", nil, begin, codes.PermissionDenied, "NOT_ALLOWED"),
		refused("begin a sample of nothing", beginSample, "psd-33", nil, func(*stage) proto.Message { return &pb.BeginSampleRequest{Parent: "forces/33"} },
			codes.InvalidArgument, "INVALID_FIELDS", "purpose", "reference", "size", "commitment"),

		{name: "commit to a nonce", method: commitSample, who: "auditor", writes: true, live: true, prepare: begunSample, request: commit},
		refused("commit as PSD", commitSample, "psd-33", begunSample, commit, codes.PermissionDenied, "NOT_ALLOWED"),
		refused("commit to PSD's own commitment", commitSample, "auditor", begunSample, func(s *stage) proto.Message {
			return &pb.CommitSampleRequest{Name: s.names["sample"], Commitment: s.sampleBegin().GetCommitment()}
		}, codes.InvalidArgument, "INVALID_FIELDS", "commitment"),

		{name: "reveal the second nonce", method: revealSample, who: "auditor", writes: true, live: true, prepare: committedSample, request: reveal("iopc"), check: wantDrawn},
		refused("reveal another nonce", revealSample, "auditor", committed, reveal("somebody"), codes.InvalidArgument, "INVALID_FIELDS", "nonce"),
		refused("reveal before both are bound", revealSample, "psd-33", begunSample, reveal("psd"), codes.FailedPrecondition, "TOO_EARLY"),
		refused("reveal for another force", revealSample, "psd-10", begunSample, reveal("psd"), codes.PermissionDenied, "OTHER_FORCE"),

		{name: "draw what is drawn", method: drawSample, who: "psd-33", live: true, prepare: drawn, request: draw, check: wantDrawn},
		refused("draw before the time is up", drawSample, "psd-33", committed, draw, codes.FailedPrecondition, "TOO_EARLY"),
		refused("draw as a supervisor", drawSample, "supervisor-33", committed, draw, codes.PermissionDenied, "NOT_ALLOWED"),

		{name: "judge an entry that was drawn", method: judgeSample, who: "psd2-33", writes: true, live: true, prepare: drawnSample, request: judge(pb.Verdict_VERDICT_IMPROPER, "no such case exists"), check: func(s *stage, m proto.Message) {
			if e := m.(*pb.Sample).GetEntries()[0]; e.GetVerdict() != pb.Verdict_VERDICT_IMPROPER || e.GetReviewer() == "" || e.GetReviewTime() == nil {
				s.Errorf("judged: %v", m)
			}
		}},
		refused("judge an entry that was not drawn", judgeSample, "psd-33", drawn, func(s *stage) proto.Message {
			return &pb.JudgeSampleRequest{Name: s.names["sample"], Index: 1 << 40, Verdict: pb.Verdict_VERDICT_PROPER}
		}, codes.InvalidArgument, "INVALID_FIELDS", "index"),
		refused("judge without a note", judgeSample, "psd-33", drawn, judge(pb.Verdict_VERDICT_IMPROPER, ""), codes.InvalidArgument, "INVALID_FIELDS", "request"),
		refused("judge as an investigator", judgeSample, "investigator-33", drawn, judge(pb.Verdict_VERDICT_PROPER, ""), codes.PermissionDenied, "NOT_ALLOWED"),

		{name: "samples of a force", method: listSamples, who: "auditor", live: true, prepare: drawn, request: list("33"), check: func(s *stage, m proto.Message) {
			for _, o := range m.(*pb.ListSamplesResponse).GetSamples() {
				if o.GetName() == s.names["sample"] {
					wantDrawn(s, o)
					return
				}
			}
			s.Error("the sample is not listed")
		}},
		refused("samples of another force", listSamples, "psd-10", nil, list("33"), codes.PermissionDenied, "OTHER_FORCE"),
	}
}
