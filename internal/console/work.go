package console

import (
	"encoding/json"
	"net/http"
	"strconv"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

// countEvery is how often an open page of work asks for its numbers, in seconds.
// Each asking is some entries of the log.
const countEvery = 60

// workPage is how many of each kind are counted; what is more is said to be more.
const workPage = 200

type workView struct {
	Frame
	Tiles  []workTile
	Duties []dutyView // the next to be done

	MayRank bool
	Every   int
}

// workTile is one list of work with how much there is in it.
type workTile struct {
	ID     string
	Path   string
	Title  string
	Count  string
	Remark string // such as how many are overdue
}

// showWork shows single points of contact and supervisors what waits for them.
func (c *Console) showWork(v *visit) error {
	view := &workView{Frame: v.page("Work"), Every: countEvery, MayRank: v.may("history.list")}
	duties, tiles, err := c.workTiles(v)
	if err != nil {
		return err
	}
	view.Tiles = tiles
	for _, d := range duties[:min(5, len(duties))] {
		view.Duties = append(view.Duties, c.dutyView(v, d))
	}
	view.Receipt = v.receipt()
	return v.show("work", view)
}

// workTiles counts what waits: duties by what they are about, alerts, links,
// questions and offers. The duties are the open ones, the earliest deadline first.
func (c *Console) workTiles(v *visit) ([]*registerv1.Duty, []workTile, error) {
	got, err := c.duties.ListDuties(v.ctx, &registerv1.ListDutiesRequest{Parent: v.force(), PageSize: workPage}, v.noted())
	if err != nil {
		return nil, nil, err
	}
	duties := got.GetDuties()
	var tiles []workTile
	for _, l := range dutyLists {
		if l.word != "open" && l.codes == nil {
			continue
		}
		n, late := 0, 0
		for _, d := range duties {
			if l.takes(d) {
				n++
				if d.GetDueTime().AsTime().Before(c.now()) {
					late++
				}
			}
		}
		tiles = append(tiles, tile(l.word, "/duties?list="+l.word, l.tile, n, got.GetNextPageToken() != "").overdue(late))
	}
	alerts, err := c.alerts.ListAlerts(v.ctx, &registerv1.ListAlertsRequest{Parent: v.force(), Open: true, PageSize: workPage}, v.noted())
	if err != nil {
		return nil, nil, err
	}
	tiles = append(tiles, tile("alerts", "/alerts", "Alerts nobody has taken up", len(alerts.GetAlerts()), alerts.GetMore()))
	links, err := c.links.ListLinks(v.ctx, &registerv1.ListLinksRequest{Parent: v.force(), States: []registerv1.LinkState{registerv1.LinkState_LINK_STATE_PROPOSED}, PageSize: 100}, v.noted())
	if err != nil {
		return nil, nil, err
	}
	tiles = append(tiles, tile("links", "/links", "Links to decide", len(links.GetLinks()), links.GetNextPageToken() != ""))
	if v.may("question.answer") {
		asked, err := c.exchange.ListQuestions(v.ctx, &registerv1.ListQuestionsRequest{Parent: v.force(), Open: true, PageSize: workPage}, v.noted())
		if err != nil {
			return nil, nil, err
		}
		n := 0
		for _, q := range asked.GetQuestions() {
			if q.GetAskedForce() == v.force() {
				n++
			}
		}
		tiles = append(tiles, tile("questions", "/questions", "Questions to answer", n, asked.GetNextPageToken() != ""))
	}
	if v.may("transfer.answer") {
		offered, err := c.transfers.ListTransfers(v.ctx, &registerv1.ListTransfersRequest{Parent: v.force(), Open: true, PageSize: workPage}, v.noted())
		if err != nil {
			return nil, nil, err
		}
		n, late := 0, 0
		for _, t := range offered.GetTransfers() {
			if t.GetToForce() != v.force() {
				continue
			}
			if n++; t.GetDueTime().AsTime().Before(c.now()) {
				late++
			}
		}
		tiles = append(tiles, tile("transfers", "/transfers", "Transfers to answer", n, offered.GetNextPageToken() != "").overdue(late))
	}
	return duties, tiles, nil
}

func tile(id, path, title string, n int, more bool) workTile {
	out := workTile{ID: id, Path: path, Title: title, Count: strconv.Itoa(n)}
	if more {
		out.Count += " or more"
	}
	return out
}

// overdue notes on a tile how many of what is in it are late.
func (t workTile) overdue(late int) workTile {
	if late > 0 {
		t.Remark = strconv.Itoa(late) + " overdue"
	}
	return t
}

// liveWork answers a page of work that keeps its numbers up to date.
func (c *Console) liveWork(v *visit) error {
	_, tiles, err := c.workTiles(v)
	if err != nil {
		v.w.WriteHeader(http.StatusServiceUnavailable)
		return nil //nolint:nilerr // the script tells the person
	}
	counts := map[string]string{}
	for _, t := range tiles {
		counts[t.ID], counts[t.ID+"-remark"] = t.Count, t.Remark
	}
	v.w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(v.w).Encode(counts)
}
