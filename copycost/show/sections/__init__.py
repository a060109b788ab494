"""Parts of documents that several commands have in common: what each conversion costs, doubts, machines and so on."""
