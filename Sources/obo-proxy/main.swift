print("obo-proxy")
