package victim

// frozen are the materials of one made-up victim, kind and value.
const frozen = `
1 kate lukasiewicz|1989-11-02
1 kate obriensmythe|1989-11-02
1 kate obrien|1989-11-02
1 kate smythe|1989-11-02
2 aprnsmt|1989-11-02
2 aprn|1989-11-02
2 lkss|1989-11-02
2 smt|1989-11-02
3 catherine|1989-11-02
3 kate|1989-11-02
3 katherine|1989-11-02
4 aprnsmt|LE2 6VD
4 aprn|LE2 6VD
4 lkss|LE2 6VD
4 smt|LE2 6VD
5 aprn ktrn|1989-11
5 aprn kt|1989-11
5 aprnsmt ktrn|1989-11
5 aprnsmt kt|1989-11
5 kt lkss|1989-11
5 kt smt|1989-11
5 ktrn lkss|1989-11
5 ktrn smt|1989-11
6 aprn ktrn|02-11
6 aprn kt|02-11
6 aprnsmt ktrn|02-11
6 aprnsmt kt|02-11
6 kt lkss|02-11
6 kt smt|02-11
6 ktrn lkss|02-11
6 ktrn smt|02-11
7 aprn ktrn|1989--02
7 aprn kt|1989--02
7 aprnsmt ktrn|1989--02
7 aprnsmt kt|1989--02
7 kt lkss|1989--02
7 kt smt|1989--02
7 ktrn lkss|1989--02
7 ktrn smt|1989--02
8 aprn kt
8 aprn ktrn
8 aprnsmt kt
8 aprnsmt ktrn
8 kt lkss
8 kt smt
8 ktrn lkss
8 ktrn smt
9 +447700900461
10 kate@example.org
11 kate_ob
12 1989-11-02
13 catherine
13 kate
13 katherine
14 kt
14 ktrn
15 aprn
15 aprnsmt
15 lkss
15 smt
16 LE2 6VD
`
