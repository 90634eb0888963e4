print("obo-demo")
