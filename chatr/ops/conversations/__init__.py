"""Conversations: the list, requests, receipts, what somebody does at this moment, and catching up."""
