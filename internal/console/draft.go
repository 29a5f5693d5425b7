package console

// draft is a report that is being registered. The victim is never part of it.
type draft struct {
	ID string `json:"id"`
}
