package demo

// The heroes are fixed people for documentation, tests and first steps. None of them
// is, or is modelled on, a real person.

// HeroQuery finds the first hero although the name is misspelt.
var HeroQuery = struct{ Given, Surname, DOB string }{"Calum", "Thackary", "1987-03-14"}

// Heroes returns, in this order: the three nominals of one serial perpetrator, of
// forces 33, 10 and 43, with three victims; then one nominal each under SILENT,
// CONTACT and SAFETY restriction.
func Heroes() []Nominal {
	rachel := Victim{
		Person: firstVictim + 1, Given: []string{"Rachel", "Anne"}, Surname: "Ormerod", DOB: "1989-11-02",
		Phones: []string{"07700 900461"}, Emails: []string{"rachel.ormerod@example.org"}, Postcodes: []string{"LE2 6VD"},
	}
	// The same woman as another force wrote her down after she had moved.
	rachelMoved := Victim{
		Person: firstVictim + 1, Given: []string{"Rachael"}, Surname: "Ormerod", DOB: "1989-11-02",
		Phones: []string{"07700 900461"}, Postcodes: []string{"NE3 1CG"},
	}
	yasmin := Victim{
		Person: firstVictim + 2, Given: []string{"Yasmin"}, Surname: "Qureshi", DOB: "1991-06-23",
		Phones: []string{"07700 900822"}, Emails: []string{"y.qureshi@example.com"}, Postcodes: []string{"NE6 4BM"},
	}
	ewa := Victim{
		Person: firstVictim + 3, Given: []string{"Ewa", "Maria"}, Surname: "Zielinska", DOB: "1985-01-30",
		Phones: []string{"07700 900317"}, Emails: []string{"ewa.z@example.net"}, Postcodes: []string{"OX4 2KT"},
	}
	ewasMother := Victim{
		Person: firstVictim + 4, Given: []string{"Halina"}, Surname: "Zielinska", DOB: "1957-08-12",
		Phones: []string{"01632 960774"}, Postcodes: []string{"OX4 2KT"},
	}
	return append([]Nominal{
		{
			Force: "33", System: "niche", Reference: "NOM/1000001", Revision: 1, Person: 0,
			Given: []string{"Callum", "Reece"}, Surname: "Thackeray", DOB: "1987-03-14", Sex: "M", Ethnicity: "W1",
			Identifiers: []Identifier{
				{Kind: "PHONE", Value: "07700 900133"},
				{Kind: "EMAIL", Value: "cal.thackeray87@example.com"},
				{Kind: "PNC_ID", Value: "2004/9700123" + pncLetter(2004, 9700123)},
			},
			Addresses: []Address{{Lines: []string{"41 Mafeking Street"}, Postcode: "LE3 5VB"}},
			Courses: []Course{{
				Reference: "CRS/1000001", Relationship: "EX_PARTNER", Motivation: "REJECTED", Standing: "CONVICTED",
				Principal: rachel, Source: "1", Assessment: "A", Handling: "P",
				Incidents: []Incident{
					heroic("33", 1, "2022-02-11", []string{"CONTACT"}, "MALICIOUS_COMMUNICATIONS", "Forty messages in one evening after the separation."),
					heroic("33", 2, "2022-03-04", []string{"ATTENDING_HOME", "LOITERING"}, "PH97006", "Outside the address at night, for the third time that week."),
					heroic("33", 3, "2022-05-19", []string{"STRANGULATION", "ASSAULT"}, "PH97010", "Forced entry; hands around the throat."),
				},
			}},
		},
		{
			Force: "10", System: "connect", Reference: "NOM/1000002", Revision: 1, Person: 0,
			Given: []string{"Calum"}, Surname: "Thackery", DOB: "1987-03-14", Sex: "M", Ethnicity: "W1",
			Identifiers: []Identifier{
				{Kind: "PHONE", Value: "07700 900588"},
				{Kind: "HANDLE", Platform: "instagram", Value: "cal_thack87"},
				{Kind: "VEHICLE", Value: "JK17 TYN"},
			},
			Addresses: []Address{{Lines: []string{"Flat 6", "112 Alma Terrace"}, Postcode: "NE4 8CW"}},
			Courses: []Course{
				{
					Reference: "CRS/1000002", Relationship: "COLLEAGUE", Motivation: "INCOMPETENT_SUITOR", Standing: "NO_FURTHER_ACTION",
					Principal: yasmin, Source: "2", Assessment: "B", Handling: "P",
					Incidents: []Incident{
						heroic("10", 4, "2024-01-17", []string{"ATTENDING_WORKPLACE", "UNWANTED_GIFTS"}, "PH97004", "Gifts left at the workplace after a clear refusal."),
						heroic("10", 5, "2024-02-02", []string{"FOLLOWING", "WATCHING"}, "PH97006", "Followed from work to the bus station on two evenings."),
					},
				},
				{
					Reference: "CRS/1000003", Relationship: "EX_PARTNER", Motivation: "REJECTED", Standing: "UNDER_INVESTIGATION",
					Principal: rachelMoved, Source: "1", Assessment: "B", Handling: "P",
					Incidents: []Incident{
						heroic("10", 6, "2024-06-28", []string{"CONTACT", "THIRD_PARTY_CONTACT"}, "SE20002", "Traced the new home through a relative and wrote to it."),
					},
				},
			},
		},
		{
			Force: "43", System: "athena", Reference: "NOM/1000003", Revision: 1, Person: 0,
			Given: []string{"Callum"}, Surname: "Dunmore", DOB: "1987-03-14", Sex: "M", Ethnicity: "W1",
			Aliases: []Alias{{Given: []string{"Callum", "Reece"}, Surname: "Thackeray", Kind: "FORMER"}},
			Identifiers: []Identifier{
				{Kind: "PHONE", Value: "07700 900588"},
				{Kind: "EMAIL", Value: "callum.dunmore@example.net"},
			},
			Addresses: []Address{{Lines: []string{"9 Priory Mews"}, Postcode: "OX1 4MB"}},
			Courses: []Course{{
				Reference: "CRS/1000004", Relationship: "NEIGHBOUR", Motivation: "INTIMACY_SEEKING", Standing: "CHARGED",
				Principal: ewa, Associated: []Victim{ewasMother}, Source: "1", Assessment: "A", Handling: "P",
				Incidents: []Incident{
					heroic("43", 7, "2025-09-08", []string{"WATCHING", "HIDDEN_CAMERAS"}, "PH97006", "Small camera found in the shared hallway, facing the door."),
					heroic("43", 8, "2025-10-21", []string{"THREATS_TO_KILL", "ATTENDING_HOME"}, "PH97010", "Threats to kill, shouted from the stairs; a relative was pushed."),
					heroic("43", 9, "2026-01-05", []string{"WEAPON", "LOITERING"}, "WEAPON", "Seen in the garden with a knife."),
				},
			}},
		},
	}, restrictedHeroes()...)
}

func restrictedHeroes() []Nominal {
	simple := func(number int, force, system, reference, given, surname, dob, restriction string, v Victim, behaviours ...string) Nominal {
		return Nominal{
			Force: force, System: system, Reference: reference, Revision: 1, Person: number,
			Given: []string{given}, Surname: surname, DOB: dob, Sex: "M", Ethnicity: "W1", Restriction: restriction,
			Courses: []Course{{
				Reference: "CRS/" + reference[4:], Relationship: "ACQUAINTANCE", Motivation: "UNKNOWN", Standing: "UNDER_INVESTIGATION",
				Principal: v, Source: "2", Assessment: "B", Handling: "C",
				Incidents: []Incident{
					heroic(force, 20+number, "2026-02-14", behaviours, "PH97006", "Reported in confidence; enquiries continue."),
					heroic(force, 30+number, "2026-03-09", behaviours, "PH97006", "A second report of the same kind."),
				},
			}},
		}
	}
	return []Nominal{
		simple(3, "33", "niche", "NOM/1000004", "Gethin", "Farrowby", "1979-09-27", "SILENT",
			Victim{Person: firstVictim + 5, Given: []string{"Leanne"}, Surname: "Hockaday", DOB: "1990-04-18", Phones: []string{"07700 900240"}, Postcodes: []string{"LE8 0CR"}},
			"POLICE_MISUSE", "CONTACT"),
		simple(4, "10", "connect", "NOM/1000005", "Tobias", "Wrenfield", "1982-12-05", "CONTACT",
			Victim{Person: firstVictim + 6, Given: []string{"Imogen"}, Surname: "Stallard", DOB: "1994-07-07", Phones: []string{"07700 900655"}, Postcodes: []string{"SR2 7MB"}},
			"FOLLOWING", "TRACKING"),
		simple(5, "43", "athena", "NOM/1000006", "Dorian", "Quarnbeck", "1975-05-16", "SAFETY",
			Victim{Person: firstVictim + 7, Given: []string{"Sunita"}, Surname: "Bhogal", DOB: "1986-10-10", Phones: []string{"07700 900909"}, Postcodes: []string{"RG4 6KP"}},
			"FIREARM", "THREATS_TO_KILL"),
	}
}

func heroic(force string, number int, date string, behaviours []string, offence, summary string) Incident {
	return Incident{
		Reference: force + "/9000" + twoDigits(number) + "/" + date[2:4], Date: date,
		Behaviours: behaviours, Offence: offence, Summary: summary,
	}
}

func twoDigits(n int) string { return string([]byte{byte('0' + n/10%10), byte('0' + n%10)}) }

func pncLetter(year, serial int) string {
	return string(checkLetters[(year%100*10_000_000+serial)%23])
}
