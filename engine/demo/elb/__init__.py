"""The shop's load balancers and two weeks of their access logs.

balancers       two ALBs and a classic ELB: nodes, certificates, target groups, rules
clients         who comes: networks of several countries, browsers, apps, crawlers, scanners
lines           a request, and the line that a load balancer writes about it
streams         which requests come how often: the shop, the app, partners, terminals, noise
traffic         a day of a stream
incidents       what goes wrong, and the query that finds it
write           files in the layout of Elastic Load Balancing
generate        all of that for a stretch of days
"""
