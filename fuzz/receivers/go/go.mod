module plainreceiver

go 1.21
