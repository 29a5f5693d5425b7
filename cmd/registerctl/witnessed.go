package main

import (
	"context"
	"strings"
	"time"

	"google.golang.org/grpc"

	"github.com/perpetrator-register/register/internal/client"
)

// showWitnessed shows the newest checkpoint that witnesses have co-signed.
func (a *app) showWitnessed() error {
	p, err := a.prover()
	if err != nil {
		return err
	}
	var w *client.Witnessed
	_, err = a.call(func(ctx context.Context, _ ...grpc.CallOption) (err error) {
		w, err = p.Witnessed(ctx)
		return err
	})
	if err != nil {
		return err
	}
	if a.JSON {
		by := make([]map[string]any, len(w.By))
		for i, c := range w.By {
			by[i] = map[string]any{"name": c.Name, "time": c.Time.Format(time.RFC3339)}
		}
		return a.printValue(map[string]any{
			"origin": w.Checkpoint.Origin, "treeSize": w.Checkpoint.Tree.N, "rootHash": w.Checkpoint.Tree.Hash.String(),
			"note": w.Note, "signatureChecked": w.Checkpoint.Signed, "cosignatures": by,
		})
	}
	for _, line := range client.Lines(w.Note) {
		a.say("%s", line)
	}
	a.warn("%s", signature(w.Checkpoint))
	if p.Witnesses == nil {
		a.warn("The cosignatures were NOT checked: give the witnesses' keys by --witness-key.")
	} else {
		a.warn("Co-signed by %s.", cosigners(w.By))
	}
	return nil
}

func cosigners(list []client.Cosignature) string {
	var out []string
	for _, c := range list {
		out = append(out, client.Clean(c.Name)+" at "+c.Time.UTC().Format("2006-01-02 15:04 UTC"))
	}
	return strings.Join(out, ", ")
}
