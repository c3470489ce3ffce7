//! Call records.

use super::Line;

#[rustfmt::skip]
pub(super) const LINES: &[Line] = &[
    //                                                                      nobody stranger member user manager auditor admin owner operator revoked
    ("GET /tenants/{tenant}/calls",                      "",               [401,   401,     200,   200, 200,    200,    200,  200,  401,     401]),
    ("GET /tenants/{tenant}/usage",                      "by the hour",    [401,   401,     200,   200, 200,    200,    200,  200,  401,     401]),
    ("GET /tenants/{tenant}/calls/export",               "as a file",      [401,   401,     200,   200, 200,    200,    200,  200,  401,     401]),
    ("GET /tenants/{tenant}/calls/tail",                 "",               [401,   401,     200,   200, 200,    200,    200,  200,  401,     401]),
    ("GET /tenants/{tenant}/calls/{call}",               "",               [401,   401,     404,   404, 200,    200,    200,  200,  401,     401]),
    ("GET /tenants/{tenant}/calls/{call}",               "oneself",        [401,   401,     200,   200, 200,    200,    200,  200,  401,     401]),
];
