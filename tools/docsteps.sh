#!/usr/bin/env bash
# Does what docs/standards.md, docs/misuse.md and docs/access-log.md say to do, against
# the register that `register dev` runs in the folder given, with its invented people.
set -euo pipefail
run=$(realpath "$1")
root=$(realpath "$(dirname "$0")/..")
export PATH="$root/bin:$PATH" REGISTERCTL_CONFIG="$run/registerctl.yaml"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

as() { local profile=$1; shift; registerctl --profile "$profile" "$@"; }
why=(--purpose SELF_MONITORING --reference PSD/33/1)
# step NAME WANT COMMAND…: the command succeeds, and says what is wanted.
step() {
  local name=$1 want=$2
  shift 2
  if ! "$@" >"$name" 2>&1 || ! grep -q -- "$want" "$name"; then
    echo "docs: $* does not say $want:" >&2
    cat "$name" >&2
    exit 1
  fi
}
named() { grep -o "forces/[0-9]*/$2/[0-9a-f-]*" "$1" | head -n 1; }

for who in psd-33 psd2-33 psd-10 auditor; do step login 'Signed in' as $who login; done

# A case of misuse: the demonstration's supervisor.
for _ in $(seq 20); do
  as psd-33 cases --undecided >cases
  if grep -q supervisor-33 cases; then break; fi
  sleep 0.5
done
case=$(named cases misuseCases)
step open OPEN as psd-33 cases open "$case"
step ask ASK as psd-33 cases ask "$case" "For which case did you search?"
step note NOTE as psd-33 cases note "$case" "No incident of the force bears this reference."
step decide "DECIDED concern" as psd-33 cases decide "$case" concern --rationale "He could not say for which case he searched."
step report PRECISION as psd-33 flags report

# The log.
step entries SearchService.CreateSearch as psd-33 log list --subject supervisor-33 "${why[@]}"
entry=$(grep -m 1 CreateSearch entries | cut -d ' ' -f 1)
step crime supervisor-33 as psd-33 log list --crime 33/4711/26 "${why[@]}"
step refused ENTRY as psd-33 log list --refused "${why[@]}"
step record ENTRY as psd-33 log list --record forces/33/nominals/01a20243-5433-7089-9a51-edb25aa23c75 "${why[@]}"
for by in day hour force reason method outcome; do step count "BY $by" as psd-33 log count $by "${why[@]}"; done

# A sanction, a hold, an unsealing, a reading, a case access.
step sanction SUSPENSION as psd-33 psd sanction impose suspension --subject supervisor-33 --collar 33401 --reason "No case explains these searches." --reference PSD/33/1
if as supervisor-33 whoami >refused 2>&1; then echo "docs: a suspended person is answered" >&2; exit 1; fi
step lifted lifted as psd-33 psd sanction lift "$(named sanction sanctions)" --reason "He has explained it."
step hold HOLD as psd-33 psd hold place --subject supervisor-33 --reason "Misconduct proceedings." --reference PSD/33/1
step unhold lifted as psd-33 psd hold lift "$(named hold holds)" --reason "They have ended."
step unseal REQUESTED as psd-33 psd unseal ask "$entry" "${why[@]}" --reason "No case is known for it." --no-conflict
unsealing=$(named unseal unsealings)
step approve APPROVED as psd2-33 psd unseal approve "$unsealing" --no-conflict
step opened 33/4711/26 as psd-33 psd unseal open "$unsealing"
step readings forces/33/readings as psd-10 psd readings --force 33 "${why[@]}"
step review proper as psd-10 psd review "$(named readings readings)" --verdict proper
step access caseAccesses as auditor psd case-access --force 33 --days 30 "${why[@]}" --reason "A complaint about an officer."

# A dip sample.
step begin BEGUN as psd-33 psd sample begin --size 20 --since 30d --nonce-file mine "${why[@]}"
sample=$(named begin samples)
step commit COMMITTED as auditor psd sample commit "$sample" --nonce-file his
for _ in $(seq 60); do # until a witness has co-signed
  if as psd-33 psd sample reveal "$sample" --nonce-file mine >reveal 2>&1; then break; fi
  sleep 0.5
done
step drawn DRAWN as auditor psd sample reveal "$sample" --nonce-file his
# It is of the force's users: who judges must not judge his own.
for drawn in $(grep -o 'entry [0-9]*' drawn | cut -d ' ' -f 2); do
  if as psd2-33 psd sample judge "$sample" "$drawn" --verdict questioned --note "No case bears this reference." >judge 2>&1; then break; fi
done
step judged questioned cat judge

# Evidence, receipts, an export, and verifying them.
register keys verifier --dir "$run/keys" >log-key
sed -n 's/.*witness_keys: \[\(.*\)\]/\1/p' "$REGISTERCTL_CONFIG" | head -n 1 >witness-keys
step evidence 'disclosure is recorded' as psd-33 psd evidence --crime 33/4711/26 --purpose criminal-proceedings --reference CPS/26/3 --recipient cps --out bundle.zip
unzip -q bundle.zip -d bundle
step bundled PROVED verifylog evidence bundle --key @log-key
step receipt ENTRY as psd-33 --receipt receipts log list "${why[@]}"
step verified PROVED as psd-33 receipt verify receipts
step kept Kept as psd-33 receipt keep receipts --out x.tlog-proof
step proof PROVED verifylog receipt x.tlog-proof --key @log-key
# shellcheck disable=SC1091
. "$run/operator.env"
step whole '^whole' register verify --origin register.example/development --verifier "$(cat log-key)"
step exporting exported register export --out export
step proved PROVED verifylog export --key @log-key --witness @witness-keys --quorum 1
cp export/checkpoint checkpoint
step again exported register export --out export
step grown PROVED verifylog consistency checkpoint export --key @log-key
step inside PROVED verifylog receipt receipts export --key @log-key
step sampled PROVED verifylog sample "${sample##*/}" export --key @log-key --witness @witness-keys --quorum 1
step siem 'handed on' register siem --out log.jsonl
# By hand, as the document has it.
guide="$root/docs/access-log.md"
sed -n '/^```python/,/^```/{/^```/d;p}' "$guide" >root.py
[ "$(python3 root.py export)" = "$(sed -n 3p export/checkpoint)" ] || { echo "docs: the root by hand is another" >&2; exit 1; }
cp export/checkpoint checkpoint
sed -n '/printf .302a/,/^```/{/^```/d;p}' "$guide" >signature.sh
step signed Verified bash -eu signature.sh
echo "what the documents say was done"
