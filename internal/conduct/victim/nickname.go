package victim

import "strings"

// roots maps short and pet forms of given names to full ones, so that Kate and
// Katherine are not taken for two women. It is frozen like sound: forms may be added,
// as a missing one only leaves a question open; none may be changed or removed.
var roots = func() map[string][]string {
	const table = `
abigail: abbie abby abi gail
alexandra: alex lexi sandra sasha
alexander: alex alec sandy
amanda: mandy
andrea: andie
andrew: andy drew
angela: angie
anna: ann anne annie hannah
anthony: tony
barbara: babs barbie
benjamin: ben
catherine: kate katie kathy cathy cath kath kitty cat
charlotte: charlie lottie
charles: charlie chuck
christine: chris chrissie tina
christopher: chris kit
claire: clare clair
daniel: dan danny
danielle: dani
david: dave davey
deborah: debbie deb debra
diana: di diane
dorothy: dot dottie
edward: ed eddie ned ted teddy
eleanor: ellie nell nora elle
elizabeth: liz lizzie beth betty eliza libby lisa betsy
emily: em emmy
emma: em emmie
frances: fran franny
francesca: fran cesca
frederick: fred freddie
gabrielle: gabby
georgina: georgie gina
gillian: gill jill
grace: gracie
gwendoline: gwen
helen: ellen nell
isabel: bella izzy issy isobel isabelle isabella
jacqueline: jackie
james: jim jimmy jamie
janet: jan
jennifer: jen jenny jenna
jessica: jess jessie
joanna: jo joanne
john: jack johnny
jonathan: jon jonny
joseph: joe joey
josephine: jo josie
judith: judy
julia: julie jules
katherine: kate katie kathy kath kat kay catherine
kathleen: kath kathy
kimberley: kim
laura: lori
leanne: lee
lillian: lily
linda: lynda lin
louise: lou
lucy: lucille lucinda
lydia: lyd
madeleine: maddie maddy
margaret: maggie meg peggy marge margie greta
mary: molly polly maria
matthew: matt
melanie: mel
melissa: mel lissa
michael: mike mick micky
michelle: shell
mohammed: mohammad muhammad mohamed mohammod
natalie: nat nattie
natasha: tasha
nicholas: nick nicky
nicola: nicky nikki nic
olivia: liv livvy
pamela: pam
patricia: pat patsy tricia trish
patrick: paddy pat
penelope: penny
peter: pete
philippa: pippa pip
rachel: rach
rebecca: becky becca bex
richard: rick dick ricky richie
robert: rob bob bobby robbie
roberta: bobbie
rosemary: rose rosie
samantha: sam sammy
samuel: sam sammy
sandra: sandy
sarah: sara sally
sophia: sophie
stephanie: steph
stephen: steve steven
susan: sue susie suzanne suzie
teresa: tess terry theresa
thomas: tom tommy
timothy: tim
valerie: val
vanessa: nessa
veronica: ronnie
victoria: vicky vicki tori
violet: vi
vivienne: viv
wendy: wend
william: will bill billy liam
yvonne: eve
zoe: zo
`
	m := map[string][]string{}
	for line := range strings.Lines(table) {
		root, forms, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok {
			continue
		}
		for form := range strings.FieldsSeq(forms) {
			m[form] = append(m[form], root)
		}
	}
	return m
}()

// forms returns a given name and the full names it may stand for.
func forms(given string) []string { return append([]string{given}, roots[given]...) }
