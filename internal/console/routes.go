package console

import "net/http"

// route is one page of those who are signed in.
type route struct {
	pattern string
	// needs is the permission without which the page is refused; a page whose
	// own call is refused, and so logged, needs none.
	needs string
	serve func(*visit) error
	// quiet marks what a page asks for by itself: it prolongs no session.
	quiet bool
}

func (c *Console) routes() []route {
	return []route{
		{pattern: "GET /{$}", serve: c.home},
		{pattern: "POST /session/extend", serve: func(v *visit) error { v.w.WriteHeader(http.StatusNoContent); return nil }},
		{pattern: "GET /search", needs: "search.create", serve: c.searchForm},
		{pattern: "POST /search", serve: c.createSearch},
		{pattern: "GET /searches/{search}", serve: c.showSearch},
		{pattern: "GET /searches/{search}/candidates/{candidate}", serve: c.showCandidate},
		{pattern: "GET /register", needs: "course.register", serve: c.suspectForm},
		{pattern: "POST /register", needs: "course.register", serve: c.takeSuspect},
		{pattern: "POST /register/drop", needs: "course.register", serve: c.dropDraft},
		{pattern: "POST /register/for/{nominal}", needs: "course.register", serve: c.registerFor},
		{pattern: "GET /register/matches", needs: "course.register", serve: c.showMatches},
		{pattern: "GET /register/conduct", needs: "course.register", serve: c.conductForm},
		{pattern: "POST /register/conduct", needs: "course.register", serve: c.takeConduct},
		{pattern: "GET /register/done", needs: "course.register", serve: c.showRegistered},
		{pattern: "GET /nominals/{nominal}", serve: c.showNominal},
		{pattern: "GET /nominals/{nominal}/person", serve: c.showWhole},
		{pattern: "POST /nominals/{nominal}/split", serve: c.splitPerson},
		{pattern: "GET /nominals/{nominal}/measure", needs: "course.register", serve: c.measureForm},
		{pattern: "POST /nominals/{nominal}/measure", serve: c.takeMeasure},
		{pattern: "GET /measures/{measure}/breach", needs: "course.register", serve: c.breachForm},
		{pattern: "POST /measures/{measure}/breach", serve: c.takeBreach},
		{pattern: "GET /nominals/{nominal}/assessment", needs: "course.register", serve: c.assessmentForm},
		{pattern: "POST /nominals/{nominal}/assessment", serve: c.takeAssessment},
		{pattern: "GET /assessments/{assessment}", serve: c.showAssessment},
		{pattern: "POST /assessments/{assessment}", serve: c.takeRegrade},
		{pattern: "GET /nominals/{nominal}/plan", needs: "course.register", serve: c.planForm},
		{pattern: "POST /nominals/{nominal}/plan", serve: c.takePlan},
		{pattern: "GET /plans/{plan}", serve: c.showPlan},
		{pattern: "POST /plans/{plan}", serve: c.alterPlan},
		{pattern: "GET /nominals/{nominal}/pack", needs: "history.export", serve: c.packForm},
		{pattern: "POST /nominals/{nominal}/pack", serve: c.makePack},
		{pattern: "GET /questions", serve: c.showQuestions},
		{pattern: "GET /questions/{question}", serve: c.showQuestion},
		{pattern: "POST /questions/{question}", serve: c.takeAnswer},
		{pattern: "GET /ask", needs: "question.ask", serve: c.askForm},
		{pattern: "POST /ask", serve: c.takeQuestion},
		{pattern: "GET /subscriptions", serve: c.showSubscriptions},
		{pattern: "POST /subscriptions/{subscription}/end", serve: c.endSubscription},
		{pattern: "GET /subscribe", needs: "subscription.create", serve: c.subscribeForm},
		{pattern: "POST /subscribe", serve: c.takeSubscription},
		{pattern: "GET /duties", serve: c.showDuties},
		{pattern: "GET /work", needs: "duty.assign", serve: c.showWork},
		{pattern: "GET /work/ranked", serve: c.showRanked},
		{pattern: "GET /work/live", needs: "duty.assign", serve: c.liveWork, quiet: true},
		{pattern: "GET /duties/live", serve: c.liveDuties, quiet: true},
		{pattern: "GET /duties/{duty}", serve: c.showDuty},
		{pattern: "POST /duties/{duty}", serve: c.takeDuty},
		{pattern: "GET /links", serve: c.showLinks},
		{pattern: "GET /links/{link}", serve: c.showLink},
		{pattern: "POST /links/{link}", serve: c.decideLink},
		{pattern: "GET /alerts", serve: c.showAlerts},
		{pattern: "GET /alerts/live", serve: c.liveAlerts, quiet: true},
		{pattern: "POST /alerts/{alert}/acknowledge", serve: c.takeAlert},
		{pattern: "GET /cases", serve: c.showCases},
		{pattern: "GET /cases/rules", serve: c.showRules},
		{pattern: "GET /cases/{force}/{case}", serve: c.showCase},
		{pattern: "POST /cases/{force}/{case}", serve: c.takeCase},
		{pattern: "GET /standards", needs: "sanction.list", serve: c.showStandards},
		{pattern: "GET /standards/sanctions", serve: c.showSanctions, needs: "sanction.list"},
		{pattern: "POST /standards/sanctions", serve: c.imposeSanction},
		{pattern: "GET /standards/sanctions/new", needs: "sanction.impose", serve: c.imposeForm},
		{pattern: "POST /standards/sanctions/new", needs: "sanction.impose", serve: c.imposeForm},
		{pattern: "POST /standards/sanctions/{force}/{sanction}", serve: c.liftSanction},
		{pattern: "GET /log", needs: "log.list", serve: c.logForm},
		{pattern: "POST /log", serve: c.readLog},
		{pattern: "GET /log/health", serve: c.showLogHealth},
		{pattern: "GET /forces", serve: c.showForces},
		{pattern: "GET /forces/{force}", needs: "directory.update", serve: c.contactForm},
		{pattern: "POST /forces/{force}", serve: c.takeContact},
		{pattern: "GET /administration", needs: "directory.update", serve: c.showAdministration},
		{pattern: "GET /activity", serve: c.showActivity},
	}
}
