package keys_test

// Keys of 32 equal bytes, made elsewhere.
const (
	goldenZero    = "ferry_k01jnfzjt7g3v0000000000000k00000000000000000000000000000000000000000002ahHmV"
	goldenMiddle  = "ferry_k01jnfzjt7g3v0000000000000klqnugzht5U543Ef8CVf8TkDpLCvKnsyqaQ1kiQz6F74116y5L"
	goldenLargest = "ferry_k01jnfzjt7g3v0000000000000kYHJSKWDa6oz1al1yMhwzwM8llg7hJNUca2J5RoW8xP13BKgDS"
)
