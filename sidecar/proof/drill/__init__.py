"""`sidecar drill`: outages rehearsed on the user's own configuration, in pushed time.

scenario    what goes wrong, when, at whom: a file each
vendors     how each vendor says it
stand_ins   the user's providers replaced by simulated ones
limits      the windows and quotas that a stand-in keeps, as its provider would
rehearsal   one scenario played on one model
figures     what came of it, and whether that meets the objectives
printing    the table
"""
