package main

import (
	"encoding/json"
	"strings"
	"testing"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

func TestWitnessedCheckpoint(t *testing.T) {
	b := newBench(t)
	log := newMemoryLog(t)
	b.fake.log = log
	log.add(t, "zero", "one", "two")
	signed, err := log.note()
	if err != nil {
		t.Fatal(err)
	}
	log.add(t, "three", "four", "five")
	cosigned, witnessKey, otherKey := log.cosigned(t, signed)
	asked := []string{"--log-key", log.key, "log", "checkpoint", "--witnessed"}
	if code, out, errOut := b.run("", asked...); code != exitFault || out != "" || !strings.Contains(errOut, "no checkpoint") {
		t.Errorf("none: %d %q %q", code, out, errOut)
	}
	b.fake.witnessed = &registerv1.WitnessedCheckpoint{Note: string(cosigned), TreeSize: 3}
	for _, tt := range []struct {
		flags []string
		code  int
		tells string
	}{
		{nil, exitOK, "were NOT checked"},
		{[]string{"--witness-key", witnessKey}, exitOK, "Co-signed by witness.example/1 at "},
		{[]string{"--witness-key", witnessKey, "--witness-key", otherKey, "--witness-quorum", "1"}, exitOK, "Co-signed by witness.example/1 at "},
		{[]string{"--witness-key", witnessKey, "--witness-key", otherKey}, exitFault, "1 of 2 known witnesses"},
		{[]string{"--witness-key", otherKey}, exitFault, "0 of 1 known witnesses"},
		{[]string{"--witness-key", log.key}, exitUsage, "not a cosignature verifier key"},
		{[]string{"--witness-quorum", "1"}, exitUsage, "needs their keys"},
	} {
		code, out, errOut := b.run("", append(tt.flags, asked...)...)
		if code != tt.code || !strings.Contains(errOut, tt.tells) || (code == exitOK) != strings.Contains(out, "— witness.example/1 ") {
			t.Errorf("%v: exit %d, %q, %q", tt.flags, code, out, errOut)
		}
	}
	if code, out, _ := b.run("", "--log-key", log.key, "--witness-key", witnessKey, "log", "prove", "1"); code != exitOK || !strings.Contains(out, "Witnesses have co-signed a tree that holds it, of 3 entries") {
		t.Errorf("prove: %d, %s", code, out)
	}
	if code, out, _ := b.run("", "--log-key", log.key, "--witness-key", witnessKey, "log", "prove", "4"); code != exitOK || !strings.Contains(out, "NOT YET co-signed") {
		t.Errorf("prove: %d, %s", code, out)
	}
	_, out, _ := b.run("", append([]string{"--json", "--witness-key", witnessKey}, asked...)...)
	var told struct {
		TreeSize     int64
		Cosignatures []struct{ Name string }
	}
	if err := json.Unmarshal([]byte(out), &told); err != nil || told.TreeSize != 3 || len(told.Cosignatures) != 1 {
		t.Errorf("%v: %s", err, out)
	}
}
