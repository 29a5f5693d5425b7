package apitest

const (
	offerTransfer    = "TransferService.OfferTransfer"
	acceptTransfer   = "TransferService.AcceptTransfer"
	declineTransfer  = "TransferService.DeclineTransfer"
	withdrawTransfer = "TransferService.WithdrawTransfer"
	getTransfer      = "TransferService.GetTransfer"
	listTransfers    = "TransferService.ListTransfers"
)
