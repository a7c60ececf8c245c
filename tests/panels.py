"""The 32 panel queries of the product, verbatim: the ones that pages do not declare yet must parse all the same."""

from __future__ import annotations

PANELS = {
    "T1": """table duration=1d cloudtrail*
| search eventName == "RunInstances" and isnull(errorCode) 
| stats count""",
    "T2": """table duration=1d cloudtrail*
| search eventName == "TerminateInstances" and isnull(errorCode) 
| stats count""",
    "T3": """table duration=1d cloudtrail*
| search eventName == "CreatePolicyVersion" and isnull(errorCode) 
| stats count""",
    "T4": """table duration=1d cloudtrail*
| search in(eventName, "AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress") and isnull(errorCode) 
| stats count""",
    "T5": """table duration=1d cloudtrail*
| search not(in(eventName, "Describe*", "List*", "Get*"))
| search sessionCredentialFromConsole == "true"
| rename eventName as event_name
| timechart span=10m count by event_name""",
    "T6": """table duration=1d cloudtrail*
| search not(in(eventName, "Describe*", "List*", "Get*"))
| search sessionCredentialFromConsole == "true"
| eval user = valueof(userIdentity, "userName"), access_key = valueof(userIdentity, "accessKeyId")
| rename eventID as event_id, eventName as event_name, requestParameters as req_params, errorCode as error_code
| fields _time, event_name, user, access_key, error_code, req_params
| sort limit=300 -_time""",
    "L1": """table duration=1d cloudtrail*
| search eventName == "ConsoleLogin" and isnotnull(errorMessage) 
| stats count""",
    "L2": """table duration=1d cloudtrail*
| search eventName == "ConsoleLogin" and isnull(errorMessage)
| eval src_ip = ip(sourceIPAddress)
| lookup geoip src_ip output country 
| stats count by country""",
    "L3": """table duration=1d cloudtrail*
| search eventName == "ConsoleLogin" and isnotnull(errorMessage)
| eval src_ip = ip(sourceIPAddress)
| lookup geoip src_ip output country , asn
| stats count by src_ip, country
| eval src = concat(string(src_ip), " (", country, ")")
| sort limit=10 -count""",
    "L4": """table duration=1d cloudtrail*
| search eventName == "ConsoleLogin"
| eval src_ip = ip(sourceIPAddress), user = valueof(userIdentity, "userName"), user_type = valueof(userIdentity, "type")
| eval action = if(isnull(errorMessage), "PERMIT", "DENY")
| lookup geoip src_ip output country, asn
| rename errorMessage as reason, userAgent as user_agent
| fields _time, user, action, src_ip, country, asn, user_type, reason, user_agent
| sort limit=300 -_time""",
    "C1": """aws-cost days=30 unblended_cost 
| stats sum(unblended_cost) as cost
| eval cost = round(cost)""",
    "C2": """aws-cost days=30 unblended_cost 
| stats sum(unblended_cost) as cost
| eval cost = round(cost)
| join type=cross [ proc usd_exchange() ]
| eval krw = cost * usd""",
    "C3": """aws-cost days=30 unblended_cost by service
| stats sum(unblended_cost) as cost by service
| search cost > 0 
| sort -cost 
| eval cost = round(cost, 2)""",
    "C4": """aws-cost days=30 unblended_cost by service 
| eval _time = date(start, "yyyy-MM-dd")
| timechart span=1d sum(unblended_cost) as cost by service""",
    "W1": """aws-ec2-instances 
| search state_name == "running" 
| stats count""",
    "W2": """aws-ec2-instance-statuses 
| search volume_status != "ok" 
| stats count""",
    "W3": """aws-ec2-volume-statuses 
| search volume_status != "ok" 
| stats count""",
    "W4": """aws-ec2-addresses 
| stats count""",
    "W5": """aws-ec2-instances 
| search state_name == "running" 
| stats count by instance_type 
| sort -count""",
    "W6": """aws-cloudwatch-stats duration=1h span=1m metric="SelectLatency" 
| join label [ 
    aws-cloudwatch-stats duration=1h span=1m metric="SelectLatency" 
    | stats max(value) as value by label 
    | sort limit=5 -value 
    | fields label ]
| boxplot value by label""",
    "W7": """aws-cloudwatch-stats duration=1d span=10m metric="CPUUtilization"
| join label [ 
    aws-cloudwatch-stats duration=1d span=10m metric="CPUUtilization"
    | stats avg(value) as value by label
    | sort limit=15 -value 
    | fields label ]
| eval instance_id = strjoin("", foreach(if(valueof(_1, "name") == "InstanceId", valueof(_1, "value"), ""), dimensions))
| join type=left instance_id [
    aws-ec2-instances 
    | eval instance_name = strjoin("", foreach(if(valueof(_1, "key") == "Name", valueof(_1, "value"), ""), tags))
    | eval instance_name = if(len(instance_name) == 0, label, instance_name) 
    | fields instance_id, instance_name ]
| eval instance_name = if(len(instance_name) == 0, label, instance_name)
| timechart span=10m avg(value) by instance_name""",
    "S1": """table duration=1d aws-elb_*
| search isnotnull(method)
| stats count by method 
| sort -count""",
    "S2": """table duration=1d aws-elb_*
| search target_processing_time > 0 
| boxplot target_processing_time by target_ip""",
    "S3": """table duration=1d aws-elb_*
| search isnotnull(target_ip)
| sort limit=300 -target_processing_time by target_ip
| timechart span=10m max(target_processing_time) by target_ip""",
    "S4": """table duration=1d aws-elb_*
| stats sum(received_bytes) as bytes by client_ip 
| sort limit=10 -bytes""",
    "S5": """table duration=1d aws-elb_*
| stats sum(sent_bytes) as bytes by client_ip 
| sort limit=10 -bytes""",
    "S6": """table duration=1d aws-elb_*
| timechart span=10m sum(received_bytes) by target_ip""",
    "S7": """table duration=1d aws-elb_*
| timechart span=10m sum(sent_bytes) by target_ip""",
    "E1": """table duration=1d aws-elb_*
| search elb_status_code >= 400
| stats dc(url) as count by client_ip 
| sort limit=20 -count""",
    "E2": """table duration=1d aws-elb_*
| search elb_status_code >= 400
| stats  dc(url) as count, values(url) as url by client_ip 
| eval url = strjoin("\\n", url)
| sort limit=20 -count
| lookup geoip client_ip output country, asn
| order client_ip, country, asn, count, url""",
    "E3": """table duration=1d aws-elb_*
| stats count by host 
| sort -count""",
    "E4": """table duration=1d aws-elb_*
| search isnull(domain_name)
| fields _time, client_ip, actions_executed, elb_status_code, target_status_code, domain_name, host, method, url, user_agent
| limit 300""",
}
