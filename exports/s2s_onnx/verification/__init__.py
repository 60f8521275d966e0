"""Is an exported file the model it was made from?"""
