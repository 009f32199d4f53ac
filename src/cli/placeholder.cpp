namespace segue {}
