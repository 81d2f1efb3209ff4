-- One database each: draft, live and publisher never share one.
CREATE DATABASE draft;
CREATE DATABASE live;
CREATE DATABASE publisher;
