package postgres

import "embed"

//go:embed queries/*.sql
var queryFiles embed.FS

// statement loads a query; a missing file stops the program when it starts.
func statement(name string) string {
	raw, err := queryFiles.ReadFile("queries/" + name + ".sql")
	if err != nil {
		panic(err)
	}
	return string(raw)
}

var (
	qAccountBlocks     = statement("account_blocks")
	qAccountsCounted   = statement("accounts_counted")
	qBodiesByIndex     = statement("bodies_by_index")
	qBodyKeys          = statement("body_keys")
	qBodyByIndex       = statement("body_by_index")
	qBodyBySearch      = statement("body_by_search")
	qCheckedSince      = statement("checked_since")
	qChecks            = statement("checks")
	qCheckpointAt      = statement("checkpoint_at")
	qCheckpoints       = statement("checkpoints")
	qCurrentByID       = statement("current_by_id")
	qCurrentBySource   = statement("current_by_source")
	qCurrentNumbers    = statement("current_numbers")
	qDeleteKeys        = statement("delete_keys")
	qDurability        = statement("durability")
	qEntries           = statement("entries")
	qEntriesListed     = statement("entries_listed")
	qFeed              = statement("feed")
	qFeedHead          = statement("feed_head")
	qGuardLog          = statement("guard_log")
	qHead              = statement("head")
	qIndexBounds       = statement("index_bounds")
	qInsertBatch       = statement("insert_batch")
	qInsertKeys        = statement("insert_keys")
	qInsertRecords     = statement("insert_records")
	qInsertSanctions   = statement("insert_sanction_changes")
	qInsertTiles       = statement("insert_tiles")
	qInsertVersions    = statement("insert_versions")
	qLeaves            = statement("leaves")
	qListEntriesAsc    = statement("list_entries_asc")
	qListEntriesDesc   = statement("list_entries_desc")
	qListEntriesRecord = statement("list_entries_record")
	qListRecords       = statement("list_records")
	qLockHead          = statement("lock_head")
	qLockLog           = statement("lock_log")
	qPrivileges        = statement("privileges")
	qNews              = statement("news")
	qRecordKeys        = statement("record_keys")
	qRewrap            = statement("rewrap")
	qRewrapBodies      = statement("rewrap_bodies")
	qSanctionsAfter    = statement("sanctions_after")
	qSearchesAfter     = statement("searches_after")
	qSearchesOf        = statement("searches_of")
	qShownOf           = statement("shown_of")
	qShownTo           = statement("shown_to")
	qSourcesTaken      = statement("sources_taken")
	qStandbys          = statement("standbys")
	qSummarise         = statement("summarise")
	qSummariseAccounts = statement("summarise_accounts")
	qSummariseBlock    = statement("summarise_block")
	qSummarised        = statement("summarised")
	qTileRoots         = statement("tile_roots")
	qTiles             = statement("tiles")
	qVersionsAsOf      = statement("versions_as_of")
	qVersionsByID      = statement("versions_by_id")
	qVersionsByIndex   = statement("versions_by_index")
)
