"""Exports of other desks as they come: small, with their columns, words, dates and encodings."""

from pathlib import Path
from typing import NamedTuple


class Sample(NamedTuple):
    """The text of an export, and how it is stored."""

    text: str
    encoding: str = "utf-8"

    def write(self, folder: Path) -> Path:
        """The file."""
        path = folder / "export.csv"
        path.write_bytes(self.text.encode(self.encoding))
        return path


ZENDESK = Sample(
    "Summation column,Id,Requester,Requester id,Requester external id,Requester email,"
    "Requester domain,Submitter,Assignee,Group,Subject,Tags,Status,Priority,Via,Ticket type,"
    "Created at,Updated at,Assigned at,Organization,Due date,Initially assigned at,Solved at,"
    "Resolution time,Satisfaction Score\n"
    "1,4711,Nicole Braun,360001,,nicole.braun@example.org,example.org,Nicole Braun,Sam Smith,"
    'Support,"Invoice, again",billing vip,Solved,Normal,Mail,Question,2026-11-02 09:05,'
    "2026-11-03 10:00,2026-11-02 09:30,Braun & Söhne,,2026-11-02 09:30,2026-11-03 10:00,25,Good\n"
    "1,4712,Jo Example,360002,,jo@example.net,example.net,Jo Example,-,-,Printer is offline,,"
    "Hold,-,Web form,-,2026-11-04 08:00,2026-11-05 08:00,,-,,,,,Not Offered\n"
)
FRESHDESK = Sample(
    '"Ticket ID","Subject","Description","Status","Priority","Source","Type","Agent","Group",'
    '"Created time","Due by Time","Resolved time","Closed time","Last update time",'
    '"Initial response time","Time tracked","First response time (in hrs)",'
    '"Resolution time (in hrs)","Tags","Full name","Email","Contact ID","Company name"\n'
    '"17","Cannot sign in","It says ""wrong password"".\nEvery time.","Resolved","High","Portal",'
    '"Incident","Sam Smith","First line","2026-11-02 09:05:11","2026-11-05 09:05:11",'
    '"2026-11-02 12:05:11","","2026-11-02 12:05:11","2026-11-02 09:35:11","00:15","0:30:00",'
    '"3:00:00","login, Password reset","Ann Archer","ann@example.com","5001","Acme"\n'
    '"18","Feature","Dark mode, please","Waiting on Customer","Low","Email","Feature Request",'
    '"No Agent","No Group","2026-11-03 09:00:00","2026-11-06 09:00:00","","",'
    '"2026-11-03 11:00:00","","00:00","","","","New Person","new@example.org","5002",""\n'
)
JIRA = Sample(
    "Summary,Issue key,Issue id,Issue Type,Status,Project key,Project name,Project type,Priority,"
    "Resolution,Assignee,Reporter,Creator,Created,Updated,Last Viewed,Resolved,Labels,Labels,"
    "Description,Custom field (Organizations),Attachment,Comment,Comment,Comment\r\n"
    "VPN drops,IT-42,10042,Bug,Waiting for customer,IT,Helpdesk,service_desk,Highest,,Sam Smith,"
    "nora@example.org,nora@example.org,12/Nov/26 9:05 AM,13/Nov/26 4:15 PM,13/Nov/26 4:15 PM,,"
    'vpn,network,"Every *hour*.\r\n\r\nSince Monday.",Northwind,,'
    "12/Nov/26 10:00 AM;Sam Smith;Which version; and since when?,"
    '"12/Nov/26 11:30 AM;nora@example.org;""5.2""; since Monday",'
    "12/Nov/26 1:00 PM;557058:f1;Ask the network team\r\n"
    "New laptop,IT-43,10043,[System] Service request,Done,IT,Helpdesk,service_desk,Trivial,Done,,"
    "Jo Example,Jo Example,13/Nov/26 12:10 PM,14/Nov/26 12:10 AM,,14/Nov/26 12:10 AM,,,,,,,,\r\n"
)
OSTICKET = Sample(
    '"Ticket Number","Date Created",Subject,From,"From Email",Priority,Department,"Help Topic",'
    'Source,"Current Status","Last Updated","SLA Due Date",Overdue,Answered,"Assigned To",'
    '"Agent Assigned","Team Assigned","Thread Count","Attachment Count"\n'
    '104533,"11/13/26 9:05 AM","Не работает принтер","Анна Иванова",anna@example.ru,Emergency,'
    'Поддержка,"Report a Problem",Web,Open,"11/13/26 10:00 AM","11/15/26 9:05 AM",No,Yes,'
    '"Sam Smith","Sam Smith",,3,0\n'
    '104534,"11/2/26 1:05 PM",Счёт,"Пётр Ильин",petr@example.ru,Normal,Продажи,Feedback,Email,'
    'Resolved,"11/3/26 2:00 PM","",No,Yes,"","",,2,0\n',
    "windows-1251",
)
# From the spreadsheet of a report, saved by Excel.
ZAMMAD = Sample(
    "#;Title;State;Priority;Group;Owner;Customer;Organization;Create Channel;Sender;Tags;"
    "Time Units Total;Created At;Updated At;Closed At;First Response At;Article Count\r\n"
    "87001;Drucker für Büro 3 druckt nicht;pending reminder;3 high;Users;Sam Smith;"
    "Jürgen Groß;Müller GmbH;email;Customer;drucker,büro;0;12.11.2026 09:05;12.11.2026 10:05;;"
    "12.11.2026 09:30;3\r\n"
    "87002;Zugang;closed;2 normal;Users;-;käthe@example;;web;Customer;;0;13.11.2026 09:05;"
    "14.11.2026 09:05;14.11.2026 09:05\r\n",
    "windows-1252",
)
SAMPLES = {
    "zendesk": ZENDESK,
    "freshdesk": FRESHDESK,
    "jira": JIRA,
    "osticket": OSTICKET,
    "zammad": ZAMMAD,
}
