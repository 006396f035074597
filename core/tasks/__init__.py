"""The verbs that the window and the command line call: a spec in, a result out, progress on the way."""
