package console

import (
	"encoding/hex"
	"fmt"
	"time"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

// staleWitness is the age of the newest co-signed checkpoint that a reader is warned
// of.
const staleWitness = 15 * time.Minute

// healthView says how the access log does.
type healthView struct {
	Origin    string
	Size      int64
	Root      string
	Note      string
	Made, Age string // of the newest checkpoint
	Witnessed bool
	Witness   struct {
		Size, Behind int64
		When, Names  string
		Note         string
		Stale        bool
	}
	// Grown says that the newest tree was proved to hold all that was co-signed;
	// Broken, that it does not.
	Grown, Broken bool
}

type logHealthView struct {
	Frame
	Health    healthView
	Sanctions string // how many stand in the force, for who may know
}

// showLogHealth shows the newest checkpoint, who has co-signed, and whether the log
// has only grown since.
func (c *Console) showLogHealth(v *visit) error {
	health, err := c.health(v)
	if err != nil {
		return err
	}
	view := &logHealthView{Frame: v.page("Health of the log"), Health: health}
	view.Receipt = v.receipt()
	switch {
	case v.may("log.list"):
		view.Back, view.BackText = "/log", "Access log"
	case v.may("directory.update"):
		view.Back, view.BackText = "/administration", "Administration"
	}
	if v.may("sanction.list") && v.s.data.Force != "" {
		const most = 200
		got, err := c.standards.ListSanctions(v.ctx, &registerv1.ListSanctionsRequest{Parent: v.force(), PageSize: most, Standing: true})
		if err != nil {
			return err
		}
		view.Sanctions = count(len(got.GetSanctions()), "sanction stands", "sanctions stand")
		if len(got.GetSanctions()) == 0 {
			view.Sanctions = "No sanction stands"
		}
		if got.GetNextPageToken() != "" {
			view.Sanctions = fmt.Sprintf("More than %d sanctions stand", most)
		}
	}
	return v.show("loghealth", view)
}

func (c *Console) health(v *visit) (healthView, error) {
	k, err := c.accessLog.GetCheckpoint(v.ctx, &registerv1.GetCheckpointRequest{}, v.noted())
	if err != nil {
		return healthView{}, err
	}
	out := healthView{
		Origin: k.GetOrigin(), Size: k.GetTreeSize(), Root: hex.EncodeToString(k.GetRootHash()), Note: k.GetNote(),
		Made: stamp(k.GetTime()), Age: age(c.now().Sub(k.GetTime().AsTime())),
	}
	w := k.GetWitnessed()
	if w == nil {
		return out, nil
	}
	out.Witnessed = true
	out.Witness.Size, out.Witness.Behind = w.GetTreeSize(), k.GetTreeSize()-w.GetTreeSize()
	out.Witness.When = dateTime(w.GetWitnessTime().AsTime())
	out.Witness.Names, out.Witness.Note = list(w.GetWitnesses()), w.GetNote()
	out.Witness.Stale = c.now().Sub(w.GetWitnessTime().AsTime()) > staleWitness
	signed, err := client.OpenCheckpoint(w.GetNote(), "")
	if err == nil {
		_, _, err = (&client.Prover{Log: c.accessLog}).Extends(v.ctx, signed.Origin, signed.Tree)
	}
	if client.AsProblem(err) != nil {
		return healthView{}, err
	}
	out.Grown, out.Broken = err == nil, err != nil
	return out, nil
}

// age says in words how long ago something was.
func age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "less than a minute ago"
	case d < 2*time.Hour:
		return count(int(d.Minutes()), "minute", "minutes") + " ago"
	case d < 48*time.Hour:
		return count(int(d.Hours()), "hour", "hours") + " ago"
	}
	return count(int(d.Hours()/24), "day", "days") + " ago"
}
