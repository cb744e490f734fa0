"""Invented people, the seed and script that made them, and the truth about them.

Nobody here exists: NINO prefix QQ, postcode area ZZ, UPRN from 990000000000, phones 07700 900000 to 900999,
sort codes 99-xx-xx, e-mail addresses at example.org, company numbers from 99000000.
"""
